//! Merging: any number of derived operations become one GraphQL document, and the answer to that document is split back
//! into one answer for each operation. The merged document prefixes the variables of every operation and the aliases of
//! its root fields (`p0_`, `p1_`, …), and holds each fragment once.
//!
//! Merging relies on two things that a test checks over every document of this crate: a fragment uses no variables, and
//! the root of an operation holds only fields.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use graphql_client::GraphQLQuery;
use serde_json::{Map, Value};

/// How many complexity points one request may cost (`linear/api.md` §3).
pub const MOST_POINTS: u32 = 10_000;

/// How many mutations one request holds at most. The number is small, so that few mutations are sent again when one is rejected.
pub const MOST_MUTATIONS: usize = 20;

/// The page size that Linear uses for a connection without `first` (`linear/api.md` §3).
const DEFAULT_SIZE: u64 = 50;

/// The cost of an operation in Linear's complexity points, in tenths of a point so that sums are exact. The table in
/// `linear/documents.rs` declares the cost of every operation beside its document, and a test compares each declared cost with the
/// count of the stand-in.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The tenths that the operation always costs.
    pub fixed: u64,
    /// The lists whose page size a variable decides.
    pub rows: &'static [RowCost],
}

/// The cost that each row of one list adds to an operation.
#[derive(Clone, Copy, Debug)]
pub struct RowCost {
    /// The tenths that one row costs.
    pub tenths: u64,
    /// The variable that holds the page size.
    pub size: &'static str,
    /// The variables of `@include` that must all be true for the rows to be selected.
    pub switches: &'static [&'static str],
}

impl Cost {
    /// Returns the tenths that the operation costs with these variables. A page size that is not among them counts as 50,
    /// a switch that is not among them as true.
    fn tenths(&self, variables: &Value) -> u64 {
        let is_on = |switch: &&str| variables.get(switch).and_then(Value::as_bool);
        let rows = self.rows.iter().filter(|row| {
            row.switches
                .iter()
                .all(|switch| is_on(switch).unwrap_or(true))
        });
        let costs = rows.map(|row| {
            let size = variables.get(row.size).and_then(Value::as_u64);
            row.tenths.saturating_mul(size.unwrap_or(DEFAULT_SIZE))
        });
        costs.fold(self.fixed, u64::saturating_add)
    }
}

/// A derived operation whose cost is known.
pub trait Costed: GraphQLQuery {
    /// What the operation costs.
    const COST: Cost;
}

/// One derived operation with its variables, ready to be merged into a request.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    operation: Arc<ParsedOperation>,
    cost: Cost,
    variables: Value,
}

impl Part {
    /// Makes the part for the operation `Q` with these variables.
    pub fn of<Q: Costed>(variables: Q::Variables) -> Self {
        let body = Q::build_query(variables);
        Self {
            name: body.operation_name,
            operation: parsed(body.operation_name, body.query),
            cost: Q::COST,
            // Our variables are plain data with string keys, which always have a JSON form.
            variables: serde_json::to_value(body.variables).unwrap_or(Value::Null),
        }
    }

    /// Makes a part for the operation of that name in a text that was not derived, at no cost.
    #[cfg(test)]
    pub(crate) fn written(name: &'static str, text: &'static str, variables: Value) -> Self {
        Self {
            name,
            operation: Arc::new(ParsedOperation::parse(text, name)),
            cost: Cost {
                fixed: 0,
                rows: &[],
            },
            variables,
        }
    }

    /// The same operation with other variables.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn with_variables(self, variables: Value) -> Self {
        Self { variables, ..self }
    }

    /// The operation's name, as its document gives it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name of the operation's first root field, as the schema has it.
    pub fn root(&self) -> &'static str {
        match self.operation.roots.as_slice() {
            [_, ":", name, ..] | [name, ..] => name,
            [] => "",
        }
    }

    /// The operation's variables, an object.
    pub fn variables(&self) -> &Value {
        &self.variables
    }

    /// Returns the operation with other ids in its variables. Ids are the texts of the variables, and of the fields of its input, that
    /// are called `id` or end in `Id`. `replacement` returns the text that replaces an id, or `None` to keep the id.
    #[must_use]
    pub fn with_ids(mut self, replacement: impl Fn(&str) -> Option<String>) -> Self {
        let is_id = |key: &str| key == "id" || key.ends_with("Id");
        let replace = |key: &str, value: &mut Value| {
            if let Some(id) = value.as_str().filter(|_| is_id(key)).and_then(&replacement) {
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

    /// Whether the operation is a mutation.
    pub fn is_mutation(&self) -> bool {
        self.operation.is_mutation
    }

    /// Returns the operation's complexity points, rounded up.
    pub fn complexity(&self) -> u32 {
        u32::try_from(self.tenths_of_points().div_ceil(10)).unwrap_or(u32::MAX)
    }

    /// Returns the operation's complexity in tenths of a point.
    pub(crate) fn tenths_of_points(&self) -> u64 {
        self.cost.tenths(&self.variables)
    }
}

/// Two parts are equal when they ask for the same thing.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.variables == other.variables
    }
}

/// Returns the parsed operation of that name. The texts are constants and the names are unique, which a test over all documents
/// checks, so that each operation is parsed only once.
fn parsed(name: &'static str, text: &'static str) -> Arc<ParsedOperation> {
    type ByName = Mutex<HashMap<&'static str, Arc<ParsedOperation>>>;
    static PARSED: LazyLock<ByName> = LazyLock::new(ByName::default);
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    let operation = parsed
        .entry(name)
        .or_insert_with(|| Arc::new(ParsedOperation::parse(text, name)));
    Arc::clone(operation)
}

/// A merged request, and how its answer is split.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The document: one operation with the root fields of all parts, then their fragments.
    pub query: String,
    /// The variables of all parts, prefixed.
    pub variables: Map<String, Value>,
    prefixes: Vec<String>,
}

/// Merges the parts into one document. A single part keeps its own names.
///
/// The parts must be all queries or all mutations: one document cannot hold both.
pub fn compose(parts: &[Part]) -> Composed {
    let mut variables = Map::new();
    let mut prefixes = Vec::with_capacity(parts.len());
    let (mut declarations, mut roots) = (Vec::new(), Vec::new());
    let mut fragments = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        let prefix = if parts.len() == 1 {
            String::new()
        } else {
            format!("p{index}_")
        };
        let operation = &part.operation;
        if !operation.declarations.is_empty() {
            declarations.push(prefixed(&operation.declarations, &prefix, false));
        }
        roots.push(prefixed(&operation.roots, &prefix, true));
        fragments.extend(&operation.fragments);
        for (name, value) in part.variables.as_object().into_iter().flatten() {
            variables.insert(format!("{prefix}{name}"), value.clone());
        }
        prefixes.push(prefix);
    }
    let kind = if parts.iter().any(Part::is_mutation) {
        "mutation"
    } else {
        "query"
    };
    let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    let mut query = format!("{kind} {}", names.join("_"));
    // Writing to a String cannot fail.
    if !declarations.is_empty() {
        let _ = write!(query, "({})", declarations.join(" "));
    }
    let _ = write!(query, "{{{}}}", roots.join(" "));
    query.extend(fragments.into_values().map(String::as_str));
    Composed {
        query,
        variables,
        prefixes,
    }
}

impl Composed {
    /// Splits the `data` of the whole answer into one object for each part. The root fields have the names that they have in the
    /// part's own document, without the prefix.
    pub fn split(&self, data: Map<String, Value>) -> Vec<Map<String, Value>> {
        let mut parts = vec![Map::new(); self.prefixes.len()];
        for (key, value) in data {
            let slot_and_name = self.slot_of(&key).and_then(|slot| {
                let name = key.strip_prefix(self.prefixes.get(slot)?.as_str())?;
                Some((parts.get_mut(slot)?, name))
            });
            if let Some((part, name)) = slot_and_name {
                part.insert(name.to_owned(), value);
            }
        }
        parts
    }

    /// Returns the index of the part that a root field belongs to, by the name of the field in the merged answer. The first element
    /// of an error's path is such a name.
    pub fn slot_of(&self, root: &str) -> Option<usize> {
        let number = root.strip_prefix('p').and_then(|rest| rest.split_once('_'));
        let slot = number.and_then(|(number, _)| number.parse::<usize>().ok());
        let fits = |slot: &usize| {
            let prefix = self.prefixes.get(*slot);
            prefix.is_some_and(|prefix| root.starts_with(prefix.as_str()))
        };
        slot.filter(fits).or_else(|| Some(0).filter(fits))
    }
}

/// An operation taken apart as far as merging needs it. Tokens are slices of the document's text.
#[derive(Debug, Default)]
struct ParsedOperation {
    is_mutation: bool,
    /// The tokens between the parentheses that declare the variables.
    declarations: Vec<&'static str>,
    /// The tokens between the braces of the operation.
    roots: Vec<&'static str>,
    /// The text of every fragment that the operation uses, by the fragment's name.
    fragments: BTreeMap<&'static str, String>,
}

impl ParsedOperation {
    /// Parses the operation of that name out of a text that may hold other operations.
    fn parse(text: &'static str, wanted: &str) -> Self {
        let mut operation = Self::default();
        let mut fragments = BTreeMap::new();
        let mut rest = tokens(text).into_iter().peekable();
        while let Some(kind) = rest.next() {
            let name = rest.peek().copied().unwrap_or_default();
            let definition = through_braces(&mut rest);
            if kind == "fragment" {
                fragments.insert(name, definition);
            } else if name == wanted {
                operation.is_mutation = kind == "mutation";
                let mut rest = definition.into_iter();
                while let Some(token) = rest.next() {
                    match token {
                        "(" => operation.declarations = inside_group(&mut rest),
                        "{" => operation.roots = inside_group(&mut rest),
                        _ => {}
                    }
                }
            }
        }
        // A fragment that nothing uses makes a document invalid (GraphQL specification, §5.5.1.4).
        let mut used = spreads(&operation.roots);
        while let Some(name) = used.pop() {
            if let Some(definition) = fragments.remove(name) {
                used.extend(spreads(&definition));
                let text = join(["fragment"].into_iter().chain(definition));
                operation.fragments.insert(name, text);
            }
        }
        operation
    }
}

/// Returns the names that follow `...` in the tokens: the names of the fragments that are used.
fn spreads(tokens: &[&'static str]) -> Vec<&'static str> {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let spreads = pairs.filter(|(before, _)| **before == "...");
    spreads.map(|(_, name)| *name).collect()
}

/// Returns the text of tokens with every variable prefixed, and with `are_roots` also every root field's alias; a root
/// field without an alias gets one.
fn prefixed(tokens: &[&str], prefix: &str, are_roots: bool) -> String {
    let mut renamed: Vec<String> = Vec::with_capacity(tokens.len());
    let (mut depth, mut previous) = (0_usize, "");
    for (index, &token) in tokens.iter().enumerate() {
        let is_root = are_roots
            && depth == 0
            && token.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && !matches!(previous, ":" | "@" | "$" | "...");
        match token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let has_alias = tokens.get(index + 1) == Some(&":");
        renamed.push(if previous == "$" || is_root && has_alias {
            format!("{prefix}{token}")
        } else if is_root && !prefix.is_empty() {
            format!("{prefix}{token}:{token}")
        } else {
            token.to_owned()
        });
        previous = token;
    }
    join(renamed.iter().map(String::as_str))
}

/// Returns the tokens of a GraphQL text (GraphQL specification, §2.1) without white space, commas and comments.
fn tokens(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '\u{feff}');
        if rest.is_empty() {
            return tokens;
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let (token, after) = rest.split_at(token_length(rest));
        tokens.push(token);
        rest = after;
    }
}

/// Returns the number of bytes of the token that `rest` starts with.
fn token_length(rest: &str) -> usize {
    if rest.starts_with("...") {
        3
    } else if let Some(block) = rest.strip_prefix("\"\"\"") {
        block.find("\"\"\"").map_or(rest.len(), |end| end + 6)
    } else if rest.starts_with('"') {
        let mut is_escaped = false;
        let mut ends = rest.char_indices().skip(1).filter(|(_, c)| {
            let ends = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        });
        ends.next().map_or(rest.len(), |(end, _)| end + 1)
    } else if rest.starts_with(is_word) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        rest.chars().next().map_or(1, char::len_utf8)
    }
}

/// Whether a character is part of a name or of a number.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.')
}

/// Takes the tokens up to the end of the next group in braces, including that group.
fn through_braces<'t>(rest: &mut impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut taken = Vec::new();
    let mut depth = 0_usize;
    for token in rest {
        taken.push(token);
        match token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && token == "}" {
            break;
        }
    }
    taken
}

/// Takes the tokens of a group whose opening token has just been taken. The closing token is taken, too, but not returned.
fn inside_group<'t>(rest: &mut impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut depth = 1_usize;
    let inside = rest.take_while(|token| {
        match *token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        depth > 0
    });
    inside.collect()
}

/// Joins tokens to a text, with a space only where two tokens would otherwise become one.
fn join<'t>(tokens: impl Iterator<Item = &'t str>) -> String {
    let mut text = String::new();
    for token in tokens {
        let touches = text.ends_with(is_word) && token.starts_with(|c| is_word(c) && c != '.');
        let number_before_spread = text.ends_with(|c: char| c.is_ascii_digit()) && token == "...";
        if touches && !text.ends_with("...") || number_before_spread {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

#[cfg(test)]
mod tests;
