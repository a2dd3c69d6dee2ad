//! Reads our own source the way the compiler's lexer does, so that comments and strings are never
//! taken for code.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One `a::b::c` in a file, with the groups of a `use` already spread out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodePath {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    /// How many inline modules (`mod name { … }`) surround it.
    pub(crate) depth: usize,
}

impl CodePath {
    pub(crate) fn starts_with(&self, prefix: &[&str]) -> bool {
        self.segments.len() >= prefix.len()
            && self.segments.iter().zip(prefix).all(|(segment, wanted)| segment == wanted)
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every file with one of the extensions below the folders, relative to the root, sorted.
pub(crate) fn files(folders: &[&str], extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs_err::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                waiting.push(path);
            } else if extension.is_some_and(|extension| extensions.contains(&extension)) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(path: &Path) -> String {
    fs_err::read_to_string(root().join(path)).unwrap()
}

pub(crate) fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the compiler has read this file, so it is Rust")
}

/// Returns every path in the source, in order.
pub(crate) fn paths(source: &str) -> Vec<CodePath> {
    let mut found = Vec::new();
    collect(tokens(source), 0, &mut found);
    found
}

fn collect(stream: TokenStream, depth: usize, found: &mut Vec<CodePath>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(_) => at = path(&tokens, at, &[], depth, found),
            TokenTree::Group(group) => {
                collect(group.stream(), depth + usize::from(is_module_body(&tokens, at)), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path that starts at an identifier and returns the place after it.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    prefix: &[String],
    depth: usize,
    found: &mut Vec<CodePath>,
) -> usize {
    let line = tokens[at].span().start().line;
    let mut segments = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => segments.push(name.to_string()),
            Some(TokenTree::Group(group)) if is_use_group(group) => {
                use_group(group, &segments, depth, found);
                return at + 1;
            }
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".to_owned()),
            // A turbofish, or `::` before something that is no part of the path.
            _ => break,
        }
        at += 1;
        if !is_separator(tokens, at) {
            break;
        }
        at += 2;
    }
    found.push(CodePath { segments, line, depth });
    at
}

fn use_group(group: &Group, prefix: &[String], depth: usize, found: &mut Vec<CodePath>) {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    for part in tokens.split(|token| is_punct(Some(token), ',')) {
        if !part.is_empty() {
            path(part, 0, prefix, depth, found);
        }
    }
}

fn is_use_group(group: &Group) -> bool {
    group.delimiter() == Delimiter::Brace
}

fn is_module_body(tokens: &[TokenTree], at: usize) -> bool {
    let is_mod = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if *word == "mod");
    at >= 2 && is_mod(&tokens[at - 2]) && matches!(tokens[at - 1], TokenTree::Ident(_))
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

#[test]
fn paths_are_found_in_uses_expressions_and_macros_but_not_in_text() {
    let source = r#"
        //! crate::comment
        use crate::{model::{Tag, Id as Key}, store};
        fn f() { let text = "crate::text"; crate::engine::run::<u8>(1); info!("{}", crate::auth::X); }
        mod tests { use super::super::events::*; }
    "#;

    let found: Vec<String> = paths(source)
        .iter()
        .filter(|path| ["crate", "super"].contains(&path.segments[0].as_str()))
        .map(|path| format!("{} {} {}", path.line, path.depth, path.segments.join("::")))
        .collect();

    assert_eq!(
        found,
        [
            "3 0 crate::model::Tag",
            "3 0 crate::model::Id",
            "3 0 crate::store",
            "4 0 crate::engine::run",
            "4 0 crate::auth::X",
            "5 1 super::super::events::*",
        ]
    );
}
