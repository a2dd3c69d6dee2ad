//! `/v1/openapi.json`: `OpenAPI` 3.1, made from the table of routes and the types that travel.

mod examples;

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::body::{Takes, lists};
use super::call::Call;
use super::problem::{self, Kind, Result};
use super::routes::{self, Access, Gives, Route};

/// The document as it is served.
static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string(&*DESCRIPTION).unwrap_or_default());

static DESCRIPTION: LazyLock<Value> = LazyLock::new(description);

/// Serves the description.
pub async fn document(_: Call) -> Result {
    Ok(Answer::whole(super::answer::JSON, DOCUMENT.as_str()))
}

/// The place of a list in the body of a route where the description knows of none.
#[must_use]
pub fn misplaced_list(method: &str, path: &str, body: &Value) -> Option<String> {
    let content =
        &DESCRIPTION["paths"][path][method.to_ascii_lowercase()]["requestBody"]["content"];
    lists::misplaced(body, &content["application/json"]["schema"], &DESCRIPTION)
}

/// Describes every route of the table.
#[must_use]
pub fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<problem::Document>();
    let mut paths = Map::new();
    for route in routes::rows() {
        let operation = operation(route, &mut generator, &problem);
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.method.to_ascii_lowercase()] = operation;
    }
    let definitions = generator.take_definitions(true);
    for methods in paths.values_mut().filter_map(Value::as_object_mut) {
        for operation in methods.values_mut() {
            answer_examples(operation, &definitions);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Revaer",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Times are RFC 3339, sizes bytes, rates bytes per second, durations seconds. \
                            Every failure is `application/problem+json`.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "examples": problem_examples(),
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "An API key." },
                "session": { "type": "apiKey", "in": "cookie", "name": "SID" },
            },
        },
    })
}

/// An example of each kind of problem, by its name.
fn problem_examples() -> Map<String, Value> {
    let example = |kind: Kind| {
        let (_, name, title) = kind.facts();
        let example = json!({ "summary": title, "value": examples::problem(kind) });
        (name.to_owned(), example)
    };
    Kind::ALL.into_iter().map(example).collect()
}

/// Gives the successes of an operation an example each.
fn answer_examples(operation: &mut Value, definitions: &Map<String, Value>) {
    for answer in operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(json) = answer.pointer_mut("/content/application~1json") else { continue };
        let sample = json.get("schema").map(|schema| examples::of(schema, definitions));
        if let Some(sample) = sample.filter(|sample| !sample.is_null()) {
            json["example"] = sample;
        }
    }
}

fn operation(route: &'static Route, generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [tag(route)],
    });
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name, "in": "path", "required": true,
                "schema": { "type": "string", "minLength": 1 },
                "example": examples::part(route.path, name),
            })
        })
        .collect();
    for schema in route.query {
        query_parameters(&schema(generator), &mut parameters);
    }
    if route.method == "POST" {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A request that is sent again with the same key is done once.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
        }));
    }
    if route.method == "PATCH" {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The ETag of the resource that the change was made for.",
            "schema": { "type": "string" },
        }));
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(schema) = route.body {
        let schema = schema(generator);
        let mut content = json!({ "application/json": { "schema": schema } });
        if let Some(example) = examples::body(route.method, route.path) {
            content["application/json"]["example"] = example;
        }
        if route.takes == Takes::JsonOrFiles {
            let file = json!({ "type": "string", "format": "binary" });
            let parts = match route.path {
                "/v1/torrents/preview" => json!({ "torrent": file }),
                _ => json!({ "torrent": { "type": "array", "items": file }, "options": schema }),
            };
            content["multipart/form-data"] =
                json!({ "schema": { "type": "object", "properties": parts } });
        }
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation["responses"] = responses(route, generator, problem);
    if let Access::Scope(scope) = route.access {
        operation["x-scope"] = scope.word().into();
        operation["security"] = json!([{ "key": [] }, { "session": [] }]);
    }
    operation
}

/// The members of a query's schema, one parameter each.
fn query_parameters(schema: &Schema, parameters: &mut Vec<Value>) {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let members = schema.get("properties").and_then(Value::as_object);
    for (name, member) in members.into_iter().flatten() {
        let mut member = member.clone();
        let mut parameter = json!({
            "name": name, "in": "query", "required": required.contains(&name.as_str()),
        });
        if let Some(members) = member.as_object_mut() {
            if let Some(description) = members.remove("description") {
                parameter["description"] = description;
            }
            members.remove("default");
            without_null(members);
        }
        parameter["schema"] = member;
        parameters.push(parameter);
    }
}

/// A query has no null: what is optional is left out.
fn without_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    }
}

fn responses(route: &Route, generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut responses = Map::new();
    let success = match route.gives {
        Gives::Nothing => json!({ "description": "Done" }),
        Gives::Json(schema) => json!({
            "description": "Done",
            "content": { "application/json": { "schema": schema(generator) } },
        }),
        Gives::Media(media_type) => json!({
            "description": "Done",
            "content": { media_type: { "schema": {} } },
        }),
    };
    responses.insert(route.status.to_string(), success.clone());
    for status in route.also() {
        responses.insert(status.to_string(), success.clone());
    }
    for kind in problems(route) {
        let (status, name, title) = kind.facts();
        let answer = responses.entry(status.to_string()).or_insert_with(|| {
            json!({
                "description": title,
                "content": { "application/problem+json": { "schema": problem } },
            })
        });
        let example = json!({ "$ref": format!("#/components/examples/{name}") });
        answer["content"]["application/problem+json"]["examples"][name] = example;
    }
    responses.into()
}

/// The kinds of problems that a route can answer.
fn problems(route: &Route) -> Vec<Kind> {
    let mut kinds = vec![
        Kind::Malformed,
        Kind::Refused,
        Kind::NotFound,
        Kind::MethodNotAllowed,
        Kind::NotAcceptable,
        Kind::TooLarge,
        Kind::MediaType,
        Kind::Invalid,
        Kind::RateLimited,
        Kind::Internal,
        Kind::Unavailable,
    ];
    if route.access != Access::Anyone || route.takes != Takes::Nothing {
        kinds.push(Kind::Unauthenticated);
    }
    if route.access != Access::Anyone {
        kinds.push(Kind::Scope);
    }
    if route.method != "GET" || route.path.contains('{') {
        kinds.push(Kind::Conflict);
    }
    if matches!(route.method, "PATCH" | "DELETE") {
        kinds.push(Kind::Precondition);
    }
    kinds
}

fn operation_id(route: &Route) -> String {
    let path =
        route.path.trim_start_matches("/v1").replace(['{', '}'], "").replace(['/', '-', '.'], "_");
    format!("{}{path}", route.method.to_ascii_lowercase())
}

fn tag(route: &Route) -> &'static str {
    route.path.split('/').nth(2).unwrap_or("index")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_describes_every_route_and_resolves_its_references() {
        let document = description();

        for route in routes::rows() {
            let method = route.method.to_ascii_lowercase();
            assert!(document["paths"][route.path][&method].is_object(), "{} {method}", route.path);
        }
        let text = document.to_string();
        let schemas = &document["components"]["schemas"];
        for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas[name].is_object(), "{name}");
        }
        assert!(!text.contains("#/$defs"), "a definition is not where the document keeps them");
    }

    #[test]
    fn the_document_changes_on_purpose_only() {
        let routes: Vec<String> = routes::rows()
            .map(|route| {
                let access = match route.access {
                    Access::Anyone => "anyone",
                    Access::Scope(scope) => scope.word(),
                };
                format!("{} {} ({access})", route.method, route.path)
            })
            .collect();

        insta::assert_snapshot!("routes", routes.join("\n"));
        let text = serde_json::to_string_pretty(&description()).unwrap();
        insta::assert_snapshot!("openapi", text);
    }
}
