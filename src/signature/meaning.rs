//! Which fields the keys of a request mean, before anything of their values is known.

use std::collections::HashSet;

use super::aliases::{ROWS, Row};
use super::names::Names;
use super::{Field, Signature};
use crate::operation::Spec;
use crate::params::{Form, plain_name};

impl Signature {
    /// The fields that these keys mean together, in the order of the keys; `None` for a key that means none.
    pub fn meanings(&self, spec: &Spec, keys: &[&str]) -> Vec<Option<&Field>> {
        let names = Names::of(self, spec);
        let plain: Vec<String> = keys.iter().map(|key| plain_name(key)).collect();
        let named = names.all_named(plain.iter().map(String::as_str));
        let fields = plain.iter();
        fields.map(|plain| names.meaning(plain, &named)).collect()
    }

    /// The keys that can mean a field of that form, whatever stands beside them; without case and separators.
    pub fn keys_of(&self, spec: &Spec, form: Form) -> HashSet<String> {
        let fields = self.fields.iter().filter(|field| field.form == form);
        let names: HashSet<&str> = fields.map(|field| field.name.as_str()).collect();
        let rows = ROWS.iter().filter(|row| row.serves(spec.name));
        let others = rows.filter(|row| row.fields.iter().any(|name| names.contains(name)));
        let others = others.flat_map(Row::spellings);
        names
            .iter()
            .copied()
            .chain(others)
            .map(plain_name)
            .collect()
    }
}
