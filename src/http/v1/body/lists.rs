//! Lists where an object belongs.
//!
//! Serde fills an object from a list, by the order of its members, wherever one stands in a body. No description tells
//! of that order, so such a list is refused by what the description of the body says of each place.

use serde_json::Value;

/// The place of a list that may not be one, as a JSON pointer. `schema` describes the whole of `value` and lies in
/// `document`, which its references lead into.
#[must_use]
pub fn misplaced(value: &Value, schema: &Value, document: &Value) -> Option<String> {
    let mut place = String::new();
    is_misplaced(value, &[schema], document, &mut place).then_some(place)
}

/// True if there is such a list; `place` is where then, and unchanged else.
fn is_misplaced(value: &Value, schemas: &[&Value], document: &Value, place: &mut String) -> bool {
    let mut forms = Vec::new();
    for schema in schemas {
        open(schema, document, &mut forms);
    }
    match value {
        Value::Array(items) => {
            if !forms.iter().any(|form| is_free(form) || kinds(form).any(|kind| kind == "array")) {
                return true;
            }
            let inner: Vec<&Value> = forms.iter().filter_map(|form| form.get("items")).collect();
            items
                .iter()
                .enumerate()
                .any(|(at, item)| within(item, &inner, document, place, &at.to_string()))
        }
        Value::Object(members) => members.iter().any(|(name, member)| {
            let known = forms.iter().filter_map(|form| form.get("properties")?.get(name));
            let others = forms.iter().filter_map(|form| form.get("additionalProperties"));
            let inner: Vec<&Value> =
                known.chain(others.filter(|other| other.is_object())).collect();
            let name = name.replace('~', "~0").replace('/', "~1");
            within(member, &inner, document, place, &name)
        }),
        _ => false,
    }
}

/// Looks at what stands at `step` of `place`; what is not described is somebody else's to judge.
fn within(
    value: &Value,
    schemas: &[&Value],
    document: &Value,
    place: &mut String,
    step: &str,
) -> bool {
    let before = place.len();
    place.push('/');
    place.push_str(step);
    let found = !schemas.is_empty() && is_misplaced(value, schemas, document, place);
    if !found {
        place.truncate(before);
    }
    found
}

/// The schemas that a schema stands for: itself, what it refers to, and its alternatives.
fn open<'a>(schema: &'a Value, document: &'a Value, forms: &mut Vec<&'a Value>) {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let reference = reference.and_then(|name| document.pointer(name.strip_prefix('#')?));
    let alternatives = ["anyOf", "oneOf", "allOf"]
        .into_iter()
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten();
    for inner in reference.into_iter().chain(alternatives) {
        open(inner, document, forms);
    }
    forms.push(schema);
}

/// The JSON types that a schema names.
fn kinds(schema: &Value) -> impl Iterator<Item = &str> {
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => &kinds[..],
        Some(kind) => std::slice::from_ref(kind),
        None => &[],
    };
    kinds.iter().filter_map(Value::as_str)
}

/// True for a schema that takes any JSON.
fn is_free(schema: &Value) -> bool {
    const NARROWING: [&str; 8] =
        ["type", "$ref", "anyOf", "oneOf", "allOf", "properties", "const", "enum"];
    match schema {
        Value::Object(schema) => !NARROWING.iter().any(|word| schema.contains_key(*word)),
        other => *other == Value::Bool(true),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::v1::openapi;

    fn place(method: &str, path: &str, body: &Value) -> Option<String> {
        openapi::misplaced_list(method, path, body)
    }

    #[test]
    fn a_list_stands_only_where_one_is_described() {
        let action = ("POST", "/v1/torrents/action");
        let add = ("POST", "/v1/torrents");
        for ((method, path), body, expected) in [
            (action, json!([{"name": "*"}, {"action": "stop"}]), Some("")),
            (action, json!({"filter": [null, "*"], "action": {"action": "stop"}}), Some("/filter")),
            (action, json!({"filter": {"name": "*"}, "action": ["stop"]}), Some("/action")),
            (
                action,
                json!({"filter": {"name": "*"}, "action": {"action": "set_limits", "share_limits": [1]}}),
                Some("/action/share_limits"),
            ),
            (
                action,
                json!({"filter": {"state": ["error"]}, "action": {"action": "add_tags", "tags": ["a"]}}),
                None,
            ),
            (add, json!({"sources": ["x"], "trackers": [["http://x", 0]]}), Some("/trackers/0")),
            (add, json!({"sources": ["x"], "trackers": [{"url": "http://x"}]}), None),
            (add, json!({"sources": ["x"], "ssl": ["a", "b", "c"]}), Some("/ssl")),
            (add, json!({"sources": ["x"], "nothing": [1]}), None),
            (("PATCH", "/v1/settings"), json!({"paths.roots": ["/"], "x": [[1]]}), None),
            (("PUT", "/v1/ui/preferences"), json!({"values": {"a": [1, {"b": []}]}}), None),
        ] {
            assert_eq!(place(method, path, &body).as_deref(), expected, "{path} {body}");
        }
    }
}
