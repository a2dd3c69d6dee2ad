// Shows the OpenAPI document of this server. All texts are set as text, so nothing in it can become markup.
"use strict";

const element = (name, text) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
};

const resolved = (api, schema) => {
  const name = schema && schema.$ref && schema.$ref.split("/").pop();
  return name ? { name, schema: api.components.schemas[name] } : { name: "", schema };
};

const described = (api, title, schema) => {
  const part = element("div");
  const { name, schema: found } = resolved(api, schema);
  part.append(element("h4", `${title} ${name}`));
  part.append(element("pre", JSON.stringify(found, null, 2)));
  return part;
};

const route = (api, path, method, operation) => {
  const details = element("details");
  const summary = element("summary");
  summary.append(element("b", method.toUpperCase()), element("code", path), ` ${operation.summary}`);
  details.append(summary);
  details.append(element("p", `Scope: ${operation["x-scope"] || "none"}`));
  if (operation.parameters) details.append(described(api, "Parameters", operation.parameters));
  const body = operation.requestBody && operation.requestBody.content["application/json"];
  if (body) details.append(described(api, "Body", body.schema));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const [content] = Object.values(answer.content || {});
    details.append(described(api, `${status} ${answer.description || ""}`, content ? content.schema : {}));
  }
  return details;
};

fetch("/v1/openapi.json").then((answer) => answer.json()).then((api) => {
  const routes = document.getElementById("routes");
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      routes.append(route(api, path, method, operation));
    }
  }
  document.getElementById("search").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const details of routes.children) {
      details.hidden = !details.querySelector("summary").textContent.toLowerCase().includes(wanted);
    }
  });
});
