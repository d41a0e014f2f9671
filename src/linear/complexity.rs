//! What an operation costs before it is sent, in Linear's complexity points: a property 0.1, an object 1, and a
//! connection multiplies its children by the page size asked for (`linear/api.md` §3).
//!
//! An operation is read once into a [`Formula`], in which everything that no variable decides is already added up.
//! There is no schema to ask, so a connection is what has `nodes` or `edges` selected.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::slice::Iter;
use std::str::FromStr;

use serde_json::Value;

use super::lexer::{self, Token};

/// The page size of a connection that does not say (`linear/api.md` §3).
const DEFAULT_SIZE: u64 = 50;
const PROPERTY: u64 = 1;
const OBJECT: u64 = 10;
/// The figures here are whole tenths of a point, so that they add up exactly.
const POINT: u64 = 10;

/// What an operation costs, as far as its variables leave it open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formula {
    /// Tenths that are always due.
    fixed: u64,
    terms: Vec<Term>,
}

/// A part of a formula that depends on variables.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    conditions: Vec<Condition>,
    times: Argument<u64>,
    of: Formula,
}

/// `@include` or `@skip`: the selection stays when the argument is `wanted`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    wanted: bool,
    holds: Argument<bool>,
}

/// An argument: a literal, or a variable with what stands for it when it is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Argument<T> {
    Literal(T),
    Variable { name: String, default: Option<T> },
}

impl Formula {
    /// The formula of an operation, from what stands between its parentheses, what stands between its braces, and
    /// its fragments, each from `fragment` to its closing brace.
    pub fn of(
        declarations: &[Token<'_>],
        roots: &[Token<'_>],
        fragments: &BTreeMap<&str, Vec<Token<'_>>>,
    ) -> Self {
        let reader = Reader {
            defaults: defaults(declarations),
            fragments,
        };
        reader.selections(roots, &mut Vec::new()).cost
    }

    /// The points with these variables, rounded up. A page size that is not known counts as 50, a selection whose
    /// condition is not known as included.
    pub fn points(&self, variables: &Value) -> u32 {
        let points = self.tenths(variables).div_ceil(POINT);
        u32::try_from(points).unwrap_or(u32::MAX)
    }

    fn tenths(&self, variables: &Value) -> u64 {
        let terms = self.terms.iter().map(|term| term.tenths(variables));
        terms.fold(self.fixed, u64::saturating_add)
    }

    fn add(&mut self, other: Self) {
        self.fixed = self.fixed.saturating_add(other.fixed);
        self.terms.extend(other.terms);
    }

    /// `times` this formula where the conditions hold.
    fn scaled(self, times: Argument<u64>, conditions: Vec<Condition>) -> Self {
        match times {
            Argument::Literal(1) if conditions.is_empty() => self,
            Argument::Literal(size) if conditions.is_empty() && self.terms.is_empty() => Self {
                fixed: self.fixed.saturating_mul(size),
                terms: Vec::new(),
            },
            times => {
                let term = Term {
                    conditions,
                    times,
                    of: self,
                };
                Self {
                    fixed: 0,
                    terms: vec![term],
                }
            }
        }
    }
}

impl Term {
    fn tenths(&self, variables: &Value) -> u64 {
        let stays = |condition: &Condition| {
            let holds = condition.holds.value(variables, Value::as_bool);
            holds.is_none_or(|holds| holds == condition.wanted)
        };
        if !self.conditions.iter().all(stays) {
            return 0;
        }
        let times = self.times.value(variables, Value::as_u64);
        let one = self.of.tenths(variables);
        one.saturating_mul(times.unwrap_or(DEFAULT_SIZE))
    }
}

impl<T: Copy> Argument<T> {
    /// The argument's value, as far as it is known.
    fn value(&self, variables: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        match self {
            Self::Literal(value) => Some(*value),
            Self::Variable { name, default } => match variables.get(name) {
                Some(value) => read(value),
                None => *default,
            },
        }
    }
}

/// The literals that stand behind `=` in variable declarations, by the variable's name.
fn defaults<'t>(declarations: &[Token<'t>]) -> BTreeMap<&'t str, &'t str> {
    let mut defaults = BTreeMap::new();
    let (mut before, mut variable) = ("", "");
    for token in declarations {
        match before {
            "$" => variable = token.text(),
            "=" => {
                defaults.insert(variable, token.text());
            }
            _ => {}
        }
        before = token.text();
    }
    defaults
}

/// Reads selections into formulas.
struct Reader<'r, 't> {
    defaults: BTreeMap<&'t str, &'t str>,
    fragments: &'r BTreeMap<&'t str, Vec<Token<'t>>>,
}

type Rest<'r, 't> = Peekable<std::iter::Copied<Iter<'r, Token<'t>>>>;

/// What stands between a field's name and its selections.
#[derive(Default)]
struct Head {
    size: Option<Argument<u64>>,
    conditions: Vec<Condition>,
}

/// What selections cost, and whether `nodes` or `edges` are among them.
#[derive(Default)]
struct Selected {
    cost: Formula,
    is_page: bool,
}

impl Selected {
    fn scaled(self, times: Argument<u64>, conditions: Vec<Condition>) -> Self {
        Self {
            cost: self.cost.scaled(times, conditions),
            ..self
        }
    }
}

impl<'t> Reader<'_, 't> {
    /// The selections between two braces. `within` are the fragments that they are part of.
    fn selections(&self, tokens: &[Token<'t>], within: &mut Vec<&'t str>) -> Selected {
        let mut all = Selected::default();
        let mut rest = tokens.iter().copied().peekable();
        while let Some(token) = rest.next() {
            let selected = if token.text() == "..." {
                self.fragment(&mut rest, within)
            } else {
                self.field(token.text(), &mut rest, within)
            };
            all.cost.add(selected.cost);
            all.is_page |= selected.is_page;
        }
        all
    }

    /// A field whose first name, which may be its alias, has just gone by.
    fn field(
        &self,
        first: &'t str,
        rest: &mut Rest<'_, 't>,
        within: &mut Vec<&'t str>,
    ) -> Selected {
        let mut name = first;
        if rest.next_if(|token| token.text() == ":").is_some() {
            name = rest.next().map_or("", |name| name.text());
        }
        let head = self.head(rest);
        let (mut cost, mut times) = (Formula::default(), Argument::Literal(1));
        if rest.next_if(|token| token.text() == "{").is_none() {
            cost.fixed = PROPERTY;
        } else {
            let children = self.selections(&lexer::inside_group(rest), within);
            cost = children.cost;
            if children.is_page {
                times = head.size.unwrap_or(Argument::Literal(DEFAULT_SIZE));
            } else {
                cost.fixed = cost.fixed.saturating_add(OBJECT);
            }
        }
        Selected {
            cost: cost.scaled(times, head.conditions),
            is_page: matches!(name, "nodes" | "edges"),
        }
    }

    /// What stands behind `...`: a fragment by its name, or one in place.
    fn fragment(&self, rest: &mut Rest<'_, 't>, within: &mut Vec<&'t str>) -> Selected {
        let mut name = rest.next_if(Token::is_name).map(|name| name.text());
        if name == Some("on") {
            rest.next();
            name = None;
        }
        let head = self.head(rest);
        let inner = match name {
            // A fragment within itself is not valid GraphQL; reading it would not end.
            Some(name) if within.contains(&name) => Selected::default(),
            Some(name) => {
                within.push(name);
                let inner = self.selections(&self.body(name), within);
                within.pop();
                inner
            }
            None => {
                rest.next();
                self.selections(&lexer::inside_group(rest), within)
            }
        };
        inner.scaled(Argument::Literal(1), head.conditions)
    }

    /// What stands between a fragment's braces.
    fn body(&self, name: &str) -> Vec<Token<'t>> {
        let definition = self.fragments.get(name).map_or(&[][..], Vec::as_slice);
        let mut rest = definition.iter().copied().peekable();
        while rest.next().is_some_and(|token| token.text() != "{") {}
        lexer::inside_group(&mut rest)
    }

    /// Arguments and directives.
    fn head(&self, rest: &mut Rest<'_, 't>) -> Head {
        let mut head = Head::default();
        if let Some(arguments) = group(rest) {
            let size = |name| self.argument(&arguments, name);
            head.size = size("first").or_else(|| size("last"));
        }
        while rest.next_if(|token| token.text() == "@").is_some() {
            let directive = rest.next().map_or("", |name| name.text());
            let arguments = group(rest).unwrap_or_default();
            let wanted = match directive {
                "include" => true,
                "skip" => false,
                _ => continue,
            };
            let holds = self.argument(&arguments, "if");
            let condition = holds.map(|holds| Condition { wanted, holds });
            head.conditions.extend(condition);
        }
        head
    }

    /// The argument of that name, when it is a variable or a literal that can be read.
    fn argument<T: FromStr>(&self, arguments: &[Token<'t>], name: &str) -> Option<Argument<T>> {
        let read = |text: &str| text.parse().ok();
        let mut depth = 0_usize;
        let mut texts = arguments.iter().map(Token::text).peekable();
        while let Some(text) = texts.next() {
            match text {
                "{" | "[" => depth += 1,
                "}" | "]" => depth = depth.saturating_sub(1),
                _ if depth == 0 && text == name && texts.next_if_eq(&":").is_some() => break,
                _ => {}
            }
        }
        match texts.next()? {
            "$" => {
                let name = texts.next()?;
                let default = self.defaults.get(name).and_then(|text| read(text));
                Some(Argument::Variable {
                    name: name.to_owned(),
                    default,
                })
            }
            literal => read(literal).map(Argument::Literal),
        }
    }
}

/// What stands between the parentheses that come next, if any do.
fn group<'t>(rest: &mut Rest<'_, 't>) -> Option<Vec<Token<'t>>> {
    rest.next_if(|token| token.text() == "(")?;
    Some(lexer::inside_group(rest))
}

#[cfg(test)]
mod tests;
