//! Merging: any number of derived operations become one GraphQL document, and its answer is split back into
//! each one's own. Variables get a prefix, root fields an alias with the same prefix, fragments stand once.
//!
//! A fragment may therefore use no variables, and an operation's root may hold fields only: both are checked
//! over every document of this crate by a test.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use graphql_client::GraphQLQuery;
use serde_json::{Map, Value};

use super::complexity::Formula;
use super::lexer::{self, Token};

/// How many complexity points one request may cost (`linear/api.md` §3).
pub const MOST_POINTS: u32 = 10_000;

/// How many mutations travel in one request: few enough that a refusal among them is soon sorted out.
pub const MOST_MUTATIONS: usize = 20;

/// One derived operation with its variables, on its way into a request.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    document: Arc<Document<'static>>,
    variables: Value,
}

impl Part {
    /// The operation `Q` with these variables.
    pub fn of<Q: GraphQLQuery>(variables: Q::Variables) -> Self {
        let body = Q::build_query(variables);
        Self {
            name: body.operation_name,
            document: pieces(body.operation_name, body.query),
            // Our variables are plain data with string keys, which always have a JSON form.
            variables: serde_json::to_value(body.variables).unwrap_or(Value::Null),
        }
    }

    /// The operation of that name in a text that was not derived.
    #[cfg(test)]
    pub(crate) fn written(name: &'static str, text: &'static str, variables: Value) -> Self {
        Self {
            name,
            document: Arc::new(Document::parse(text, name)),
            variables,
        }
    }

    /// The operation's name, as its document gives it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name of its first root field, as the schema has it.
    pub fn root(&self) -> &'static str {
        let name = |place: usize| self.document.roots.get(place).map_or("", Token::text);
        if name(1) == ":" { name(2) } else { name(0) }
    }

    /// Its variables, an object.
    pub fn variables(&self) -> &Value {
        &self.variables
    }

    /// The same operation with other texts for the ids among its variables: those that end in `id` or `Id`, also of its
    /// input. `other` returns the text to put in the place of one, if any.
    #[must_use]
    pub fn with_ids(mut self, other: impl Fn(&str) -> Option<String>) -> Self {
        let is_id = |key: &str| key == "id" || key.ends_with("Id");
        let replace = |key: &str, value: &mut Value| {
            if let Some(id) = value.as_str().filter(|_| is_id(key)).and_then(&other) {
                *value = id.into();
            }
        };
        for (key, value) in self.variables.as_object_mut().into_iter().flatten() {
            replace(key, value);
            for (key, value) in value.as_object_mut().into_iter().flatten() {
                replace(key, value);
            }
        }
        self
    }

    /// Whether it is a mutation.
    pub fn is_mutation(&self) -> bool {
        self.document.mutation
    }

    /// What it costs in Linear's complexity points, estimated from its page sizes and rounded up (`linear/api.md` §3).
    pub fn complexity(&self) -> u32 {
        self.document.complexity.points(&self.variables)
    }
}

/// Two parts are equal that ask the same.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.variables == other.variables
    }
}

/// The operation of that name in its pieces. Its text is a constant, so it is taken apart once: names are unique, which
/// a test over all documents holds.
fn pieces(name: &'static str, text: &'static str) -> Arc<Document<'static>> {
    type Known = Mutex<HashMap<&'static str, Arc<Document<'static>>>>;
    static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let document = known
        .entry(name)
        .or_insert_with(|| Arc::new(Document::parse(text, name)));
    Arc::clone(document)
}

/// A request body, and the way back from its answer.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The document: one operation of all parts' root fields, then their fragments.
    pub query: String,
    /// All parts' variables, prefixed.
    pub variables: Map<String, Value>,
    prefixes: Vec<String>,
}

/// Merges the parts into one document. One part alone keeps its own names.
///
/// Parts of both kinds cannot travel together; a batch is all queries or all mutations.
pub fn compose(parts: &[Part]) -> Composed {
    let mut composed = Composed {
        query: String::new(),
        variables: Map::new(),
        prefixes: Vec::with_capacity(parts.len()),
    };
    let mut declarations = Vec::new();
    let mut roots = String::new();
    let mut fragments = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        let prefix = if parts.len() == 1 {
            String::new()
        } else {
            format!("p{index}_")
        };
        let document = &part.document;
        if !document.declarations.is_empty() {
            declarations.push(prefixed_variables(&document.declarations, &prefix));
        }
        write_roots(&document.roots, &prefix, &mut roots);
        for (name, tokens) in &document.fragments {
            fragments
                .entry(*name)
                .or_insert_with(|| lexer::join_text(tokens.iter().map(Token::text)));
        }
        if let Value::Object(variables) = &part.variables {
            for (name, value) in variables {
                composed
                    .variables
                    .insert(format!("{prefix}{name}"), value.clone());
            }
        }
        composed.prefixes.push(prefix);
    }
    composed.query = assemble(parts, &declarations, &roots, &fragments);
    composed
}

fn assemble(
    parts: &[Part],
    declarations: &[String],
    roots: &str,
    fragments: &BTreeMap<&str, String>,
) -> String {
    let kind = if parts.iter().any(Part::is_mutation) {
        "mutation"
    } else {
        "query"
    };
    let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    let mut query = format!("{kind} {}", names.join("_"));
    if !declarations.is_empty() {
        // A String takes any text, so writing cannot fail.
        let _ = write!(query, "({})", declarations.join(" "));
    }
    let _ = write!(query, "{{{roots}}}");
    for text in fragments.values() {
        query.push_str(text);
    }
    query
}

impl Composed {
    /// The whole answer's `data`, taken apart: the root fields of each part's answer under their own names.
    pub fn split(&self, data: Map<String, Value>) -> Vec<Map<String, Value>> {
        let mut parts = vec![Map::new(); self.prefixes.len()];
        for (key, value) in data {
            let own = self.slot_of(&key).and_then(|slot| {
                let name = key.strip_prefix(self.prefixes.get(slot)?.as_str())?;
                Some((parts.get_mut(slot)?, name))
            });
            if let Some((part, name)) = own {
                part.insert(name.to_owned(), value);
            }
        }
        parts
    }

    /// The part that an error's path leads to, by the path's first element.
    pub fn slot_of(&self, root: &str) -> Option<usize> {
        // A prefix tells its own place: `p12_`.
        let place = root.strip_prefix('p').and_then(|rest| rest.split_once('_'));
        let place = place.and_then(|(number, _)| number.parse::<usize>().ok());
        let fits = |slot: &usize| {
            let prefix = self.prefixes.get(*slot);
            prefix.is_some_and(|prefix| root.starts_with(prefix.as_str()))
        };
        place.filter(fits).or_else(|| Some(0).filter(fits))
    }
}

/// An operation of ours in its pieces: its kind, what stands between its parentheses, what stands between its
/// braces, and the fragments that it uses.
#[derive(Clone, Debug, Default)]
struct Document<'t> {
    mutation: bool,
    declarations: Vec<Token<'t>>,
    roots: Vec<Token<'t>>,
    fragments: BTreeMap<&'t str, Vec<Token<'t>>>,
    complexity: Formula,
}

impl<'t> Document<'t> {
    /// The operation of that name in a text that may hold others.
    fn parse(text: &'t str, wanted: &str) -> Self {
        let mut rest = lexer::tokens(text).into_iter().peekable();
        let mut document = Self::default();
        while let Some(token) = rest.next() {
            let name = rest.peek().map_or("", |name| name.text());
            let definition = lexer::through_group(&mut rest, "{");
            if token.text() == "fragment" {
                document
                    .fragments
                    .insert(name, [vec![token], definition].concat());
            } else if name == wanted {
                document.mutation = token.text() == "mutation";
                document.read(definition);
            }
        }
        document.drop_unused();
        document.complexity =
            Formula::of(&document.declarations, &document.roots, &document.fragments);
        document
    }

    fn read(&mut self, definition: Vec<Token<'t>>) {
        let mut rest = definition.into_iter().peekable();
        while let Some(token) = rest.next() {
            match token.text() {
                "(" => self.declarations = lexer::inside_group(&mut rest),
                "{" => self.roots = lexer::inside_group(&mut rest),
                _ => {}
            }
        }
    }

    /// A fragment that nothing uses makes a document invalid (GraphQL specification, §5.5.1.4).
    fn drop_unused(&mut self) {
        let mut used = BTreeMap::new();
        let mut found = spreads(&self.roots);
        while let Some(name) = found.pop() {
            if let Some(fragment) = self.fragments.remove(name) {
                found.extend(spreads(&fragment));
                used.insert(name, fragment);
            }
        }
        self.fragments = used;
    }
}

/// The names of the fragments that stand behind `...`.
fn spreads<'t>(tokens: &[Token<'t>]) -> Vec<&'t str> {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs
        .filter(|(before, _)| before.text() == "...")
        .map(|(_, name)| name.text())
        .collect()
}

/// Writes the root fields, each under its response key with the prefix.
fn write_roots(roots: &[Token<'_>], prefix: &str, into: &mut String) {
    let mut tokens: Vec<String> = Vec::with_capacity(roots.len());
    let mut depth = 0_usize;
    let mut previous = "";
    for (index, token) in roots.iter().enumerate() {
        let text = token.text();
        let after = roots.get(index + 1).map_or("", |next| next.text());
        let starts_field =
            depth == 0 && token.is_name() && !matches!(previous, ":" | "@" | "$" | "...");
        match text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.push(if previous == "$" {
            format!("{prefix}{text}")
        } else if starts_field && !prefix.is_empty() {
            if after == ":" {
                format!("{prefix}{text}")
            } else {
                format!("{prefix}{text}:{text}")
            }
        } else {
            text.to_owned()
        });
        previous = text;
    }
    if !into.is_empty() {
        into.push(' ');
    }
    into.push_str(&lexer::join_text(tokens.iter().map(String::as_str)));
}

/// Variable declarations, or anything else in which only variables want the prefix.
fn prefixed_variables(tokens: &[Token<'_>], prefix: &str) -> String {
    let mut previous = "";
    let renamed: Vec<String> = tokens
        .iter()
        .map(|token| {
            let text = token.text();
            let name = if previous == "$" {
                format!("{prefix}{text}")
            } else {
                text.to_owned()
            };
            previous = text;
            name
        })
        .collect();
    lexer::join_text(renamed.iter().map(String::as_str))
}

#[cfg(test)]
mod tests;
