//! Which field of an operation a spelling means.

use std::collections::{HashMap, HashSet};

use super::aliases::{ROWS, Row, SUBJECT, rows};
use super::{Field, Signature};
use crate::operation::Spec;
use crate::params::{plain_name, snake};
use crate::text::nearest::nearest;

/// The names of one operation. A spelling is asked for without case and separators ([`plain_name`]), so that a
/// long or hostile one is walked through once and not once per known name.
pub(super) struct Names<'a> {
    signature: &'a Signature,
    operation: &'static str,
    own: HashMap<String, &'a Field>,
    subject: Option<&'a Field>,
}

impl<'a> Names<'a> {
    pub fn of(signature: &'a Signature, spec: &Spec) -> Self {
        Self {
            signature,
            operation: spec.name,
            own: signature
                .fields
                .iter()
                .map(|field| (plain_name(&field.name), field))
                .collect(),
            subject: spec.subject.and_then(|name| signature.field(name)),
        }
    }

    /// Every field, in order of declaration.
    pub fn fields(&self) -> impl Iterator<Item = &'a Field> {
        self.signature.fields.iter()
    }

    /// The field of that name itself.
    pub fn own(&self, plain: &str) -> Option<&'a Field> {
        self.own.get(plain).copied()
    }

    /// The field that is meant, where `named` are those given under their own names.
    pub fn meaning(&self, plain: &str, named: &HashSet<&str>) -> Option<&'a Field> {
        if let Some(field) = self.own(plain) {
            return Some(field);
        }
        let mut candidates = rows(plain)
            .filter(|row| row.serves(self.operation))
            .flat_map(|row| row.fields)
            .filter_map(|name| self.signature.field(name));
        let first = candidates.next();
        // Beside `comment_id: …` a `comment` is the text, alone it is the id.
        let free = first
            .into_iter()
            .chain(candidates)
            .find(|field| !named.contains(field.name.as_str()));
        free.or(first)
            .or_else(|| self.subject.filter(|_| SUBJECT.contains(&plain)))
    }

    /// The names of the fields that these spellings name, as [`Self::named`] says of each.
    pub fn all_named<'p>(&self, plain: impl Iterator<Item = &'p str>) -> HashSet<&'a str> {
        let fields = plain.filter_map(|plain| self.named(plain));
        fields.map(|field| field.name.as_str()).collect()
    }

    /// The field that is given under its own name, or as `id`, `key`, … of the operation's subject: another spelling
    /// of it that may mean something else is then free to.
    pub fn named(&self, plain: &str) -> Option<&'a Field> {
        let as_subject = || {
            let subject = self.subject.filter(|_| SUBJECT.contains(&plain))?;
            let meant = self.meaning(plain, &HashSet::new())?;
            (meant.name == subject.name).then_some(subject)
        };
        self.own(plain).or_else(as_subject)
    }

    /// The other spellings that mean this field when they stand alone.
    pub fn spellings(&self, field: &Field) -> Vec<&'static str> {
        let mut found: Vec<&str> = Vec::new();
        let listed = ROWS.iter().flat_map(Row::spellings);
        for spelling in listed.chain(SUBJECT) {
            let meant = self.meaning(&plain_name(spelling), &HashSet::new());
            let is_it = meant.is_some_and(|meant| meant.name == field.name);
            if is_it && spelling != field.name && !found.contains(&spelling) {
                found.push(spelling);
            }
        }
        found
    }

    /// The field that an unknown spelling may be meant for.
    pub fn near(&self, spelling: &str) -> Option<&'a Field> {
        // A word that other operations have for something is not misspelt: it means that here, too.
        let plain = plain_name(spelling);
        let mut spellings = ROWS.iter().flat_map(|row| row.spellings());
        if spellings.any(|known| plain_name(known) == plain) {
            return None;
        }
        let own = self
            .signature
            .fields
            .iter()
            .map(|field| field.name.as_str());
        let others = ROWS
            .iter()
            .filter(|row| row.serves(self.operation))
            .filter(|row| {
                row.fields
                    .iter()
                    .any(|name| self.signature.field(name).is_some())
            })
            .flat_map(|row| row.spellings());
        let near = nearest(&snake(spelling), own.chain(others), 1)
            .into_iter()
            .next()?;
        self.meaning(&plain_name(near), &HashSet::new())
    }
}
