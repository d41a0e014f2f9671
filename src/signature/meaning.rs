//! Which fields the keys of a request mean, before anything of their values is known.

use std::collections::HashSet;

use super::names::Names;
use super::{Field, Signature};
use crate::operation::Spec;
use crate::params::plain_name;

impl Signature {
    /// The fields that these keys mean together, in the order of the keys; `None` for a key that means none.
    pub fn meanings(&self, spec: &Spec, keys: &[&str]) -> Vec<Option<&Field>> {
        let names = Names::of(self, spec);
        let plain: Vec<String> = keys.iter().map(|key| plain_name(key)).collect();
        let named: HashSet<&str> = plain
            .iter()
            .filter_map(|plain| names.named(plain))
            .map(|field| field.name.as_str())
            .collect();
        let fields = plain.iter();
        fields.map(|plain| names.meaning(plain, &named)).collect()
    }

    /// The fields that a key can mean, whatever stands beside it.
    pub fn candidates(&self, spec: &Spec, key: &str) -> Vec<&Field> {
        Names::of(self, spec).candidates(&plain_name(key))
    }
}
