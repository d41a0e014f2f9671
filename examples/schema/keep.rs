//! The file `schema/keep.txt`, which lists the part of Linear's published schema that is kept.
//!
//! Each line has one rule, and `#` starts a comment:
//!
//! ```text
//! query NAME…             these root fields, with the types they return and the inputs they require
//! mutation NAME…          the same for mutations
//! keep TYPE…              these types with every field that can stay (see `trim`)
//! drop TYPE FIELD…        the type is kept without these fields
//! only TYPE FIELD…        the type is kept with these fields alone, deprecated or not
//! also TYPE FIELD…        these deprecated fields of a kept type stay too
//! ```

use std::collections::{BTreeMap, BTreeSet};

/// A set of field or type names.
type Names = BTreeSet<String>;

/// The rules of the file.
#[derive(Debug, Default)]
pub struct KeepList {
    types: BTreeMap<String, Fields>,
    also: BTreeMap<String, Names>,
}

/// The fields of a type that are kept.
#[derive(Debug, PartialEq, Eq)]
enum Fields {
    Except(Names),
    Only(Names),
}

impl KeepList {
    /// Parses the file. The errors name the lines with an unknown rule, a rule without names, or a type that is listed
    /// twice.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut list = Self::default();
        let mut errors = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let rule = line.split('#').next().unwrap_or_default();
            let mut words = rule.split_whitespace();
            if let Some(keyword) = words.next()
                && let Err(message) = list.add(keyword, words.map(str::to_owned).collect())
            {
                errors.push(format!("keep.txt:{}: {message}", index + 1));
            }
        }
        if errors.is_empty() {
            Ok(list)
        } else {
            Err(errors)
        }
    }

    /// Adds one rule.
    fn add(&mut self, keyword: &str, names: Vec<String>) -> Result<(), String> {
        match keyword {
            "query" => self.root("Query", names),
            "mutation" => self.root("Mutation", names),
            "keep" if names.is_empty() => Err("`keep` names no type".to_owned()),
            "keep" => names
                .into_iter()
                .try_for_each(|name| self.insert(name, Fields::Except(Names::new()))),
            "drop" | "only" | "also" => {
                let mut names = names.into_iter();
                let owner = names.next().unwrap_or_default();
                let fields: Names = names.collect();
                if fields.is_empty() {
                    return Err(format!("`{keyword}` needs a type and at least one field"));
                }
                match keyword {
                    "drop" => self.insert(owner, Fields::Except(fields)),
                    "only" => self.insert(owner, Fields::Only(fields)),
                    _ => {
                        self.also.entry(owner).or_default().extend(fields);
                        Ok(())
                    }
                }
            }
            other => Err(format!("unknown rule `{other}`")),
        }
    }

    /// Adds root fields. The rule may be given several times.
    fn root(&mut self, owner: &str, names: Vec<String>) -> Result<(), String> {
        if names.is_empty() {
            return Err("a root rule names no field".to_owned());
        }
        match self
            .types
            .entry(owner.to_owned())
            .or_insert_with(|| Fields::Only(Names::new()))
        {
            Fields::Only(fields) => fields.extend(names),
            Fields::Except(_) => return Err(format!("{owner} is listed as a type too")),
        }
        Ok(())
    }

    /// Adds one type.
    fn insert(&mut self, name: String, fields: Fields) -> Result<(), String> {
        if self.types.contains_key(&name) {
            return Err(format!("{name} is listed twice"));
        }
        self.types.insert(name, fields);
        Ok(())
    }

    /// Returns the types that are listed by name, including the root types.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    /// Returns whether the rules keep the `field` of the type `owner`. A type that is not listed keeps every field that
    /// is not deprecated.
    pub fn allows(&self, owner: &str, field: &str, deprecated: bool) -> bool {
        let is_also_kept = self
            .also
            .get(owner)
            .is_some_and(|names| names.contains(field));
        match self.types.get(owner) {
            Some(Fields::Only(names)) => is_also_kept || names.contains(field),
            Some(Fields::Except(names)) => is_also_kept || !(deprecated || names.contains(field)),
            None => is_also_kept || !deprecated,
        }
    }

    /// Returns the fields that must be in the result because a rule names them, as (type, field).
    pub fn wanted(&self) -> impl Iterator<Item = (&str, &str)> {
        let only = self
            .types
            .iter()
            .filter_map(|(owner, fields)| match fields {
                Fields::Only(names) => Some((owner, names)),
                Fields::Except(_) => None,
            });
        pairs(only.chain(&self.also))
    }

    /// Returns the fields that a `drop` rule names, as (type, field).
    pub fn dropped(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(
            self.types
                .iter()
                .filter_map(|(owner, fields)| match fields {
                    Fields::Except(names) => Some((owner, names)),
                    Fields::Only(_) => None,
                }),
        )
    }
}

/// Returns a (type, name) pair for each name of each type.
fn pairs<'a>(
    rules: impl Iterator<Item = (&'a String, &'a Names)>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    rules.flat_map(|(owner, names)| {
        names
            .iter()
            .map(move |name| (owner.as_str(), name.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_decide_which_fields_stay() {
        let list = KeepList::parse(
            "# roots\nquery issue issues\nquery team # again\nkeep Issue Team\ndrop User email\nonly Template id name\nalso Issue boardOrder\n",
        )
        .unwrap();
        assert!(list.allows("Query", "team", false));
        assert!(!list.allows("Query", "user", false));
        assert!(list.allows("Issue", "title", false));
        assert!(!list.allows("Issue", "old", true));
        assert!(list.allows("Issue", "boardOrder", true));
        assert!(!list.allows("User", "email", false));
        assert!(list.allows("User", "name", false));
        assert!(list.allows("Template", "name", true));
        assert!(!list.allows("Template", "type", false));
        assert!(list.allows("PageInfo", "endCursor", false));
        let types: Vec<_> = list.types().collect();
        assert_eq!(types, ["Issue", "Query", "Team", "Template", "User"]);
    }

    #[test]
    fn every_bad_line_is_named() {
        let errors =
            KeepList::parse("kep Issue\nkeep Issue\nkeep Issue\n\ndrop User\nquery\n").unwrap_err();
        assert_eq!(
            errors,
            [
                "keep.txt:1: unknown rule `kep`",
                "keep.txt:3: Issue is listed twice",
                "keep.txt:5: `drop` needs a type and at least one field",
                "keep.txt:6: a root rule names no field",
            ]
        );
    }
}
