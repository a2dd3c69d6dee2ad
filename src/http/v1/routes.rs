//! The table of `/v1`: one row per method and path.
//!
//! A row says who may call it, what it takes and gives, and who answers. The API description is made from these rows,
//! and a resource that has none does not exist.

use actix_web::http::Method;
use futures::future::LocalBoxFuture;
use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::body::Takes;
use super::call::Call;
use super::problem;
use crate::auth::Scope;

mod rows;

/// Answers one checked request.
pub type Handler = fn(Call) -> LocalBoxFuture<'static, problem::Result>;

/// The schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever passes the checks of host and origin.
    Anyone,
    Scope(Scope),
}

/// What a route gives on success.
#[derive(Clone, Copy)]
pub enum Gives {
    Nothing,
    Json(SchemaOf),
    /// Something that is no JSON.
    Media(&'static str),
}

/// One row.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    /// Parts in braces match anything but `/`.
    pub path: &'static str,
    pub access: Access,
    pub summary: &'static str,
    pub takes: Takes,
    pub query: &'static [SchemaOf],
    pub body: Option<SchemaOf>,
    pub status: u16,
    pub gives: Gives,
    pub run: Handler,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The schema of a query, whose members are parameters.
fn members<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

const fn row(
    method: &'static str,
    path: &'static str,
    access: Access,
    summary: &'static str,
    run: Handler,
) -> Route {
    Route {
        method,
        path,
        access,
        summary,
        takes: Takes::Nothing,
        query: &[],
        body: None,
        status: 200,
        gives: Gives::Nothing,
        run,
    }
}

impl Route {
    const fn body<T: JsonSchema>(mut self) -> Self {
        self.takes = Takes::Json;
        self.body = Some(schema::<T>);
        self
    }

    const fn files(mut self) -> Self {
        self.takes = Takes::JsonOrFiles;
        self
    }

    const fn query(mut self, query: &'static [SchemaOf]) -> Self {
        self.query = query;
        self
    }

    const fn gives<T: JsonSchema>(mut self) -> Self {
        self.gives = Gives::Json(schema::<T>);
        self
    }

    const fn media(mut self, media_type: &'static str) -> Self {
        self.gives = Gives::Media(media_type);
        self
    }

    const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Further statuses of a success.
    #[must_use]
    pub fn also(&self) -> &'static [u16] {
        match (self.method, self.path) {
            ("POST", "/v1/torrents" | "/v1/torrents/action" | "/v1/torrents/{id}/action") => &[202],
            _ => &[],
        }
    }

    /// The media type of a success.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match self.gives {
            Gives::Media(media_type) => media_type,
            Gives::Json(_) | Gives::Nothing => super::answer::JSON,
        }
    }
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Route> {
    rows::ROWS.iter().chain(rows::TORRENTS)
}

/// What the table knows of a path.
pub enum Found {
    Row(&'static Route, Vec<(&'static str, String)>),
    /// The methods that the resource takes.
    MethodNotAllowed(String),
    Nothing,
}

/// Looks a request up. A path that is named literally goes before one with a variable part.
#[must_use]
pub fn find(path: &str, method: &Method) -> Found {
    let mut best: Option<(&'static str, usize)> = None;
    for route in rows() {
        if let Some(params) = params(route.path, path)
            && best.is_none_or(|(_, variable)| params.len() < variable)
        {
            best = Some((route.path, params.len()));
        }
    }
    let Some((template, _)) = best else { return Found::Nothing };
    let wanted = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let mut rows = rows().filter(|route| route.path == template);
    if let Some(route) = rows.find(|route| route.method == wanted) {
        return Found::Row(route, params(template, path).unwrap_or_default());
    }
    let mut allowed = Vec::new();
    for route in self::rows().filter(|route| route.path == template) {
        allowed.push(route.method);
        if route.method == "GET" {
            allowed.push("HEAD");
        }
    }
    Found::MethodNotAllowed(allowed.join(", "))
}

/// The variable parts of a path that has the shape of the template.
fn params(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(params),
            (Some(wanted), Some(given)) => {
                let name = wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
                match name {
                    Some(name) if !given.is_empty() => {
                        let text = percent_decode_str(given).decode_utf8().ok()?;
                        params.push((name, text.into_owned()));
                    }
                    None if wanted == given => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_path_goes_before_a_variable_one() {
        let Found::Row(route, params) = find("/v1/torrents/author", &Method::POST) else {
            panic!("a row")
        };
        assert_eq!((route.path, params.len()), ("/v1/torrents/author", 0));
        let Found::Row(route, params) = find("/v1/categories/tv%2Fhd", &Method::PATCH) else {
            panic!("a row")
        };
        assert_eq!(route.path, "/v1/categories/{name}");
        assert_eq!(params, [("name", "tv/hd".to_owned())]);
        assert!(matches!(find("/v1/nothing", &Method::GET), Found::Nothing));
        assert!(matches!(find("/v1/torrents/", &Method::GET), Found::Nothing));
    }

    #[test]
    fn a_wrong_method_names_the_right_ones() {
        let Found::MethodNotAllowed(allowed) = find("/v1/torrents", &Method::PUT) else {
            panic!("no row")
        };
        assert_eq!(allowed, "GET, HEAD, POST");
    }

    #[test]
    fn rows_are_unique_and_start_at_the_mount() {
        let mut seen = std::collections::HashSet::new();
        for route in rows() {
            assert!(seen.insert((route.method, route.path)), "{} {}", route.method, route.path);
            assert!(super::super::owns(route.path), "{}", route.path);
            assert!(!route.summary.is_empty() && !route.summary.ends_with('.'), "{}", route.path);
        }
    }
}
