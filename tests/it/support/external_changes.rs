//! Changes that another client of Linear makes in the workspace while the session under test has it in its cache.

use linear_ops::sandbox::store::{Record, Store, text};
use serde_json::Value;

/// The id that [`replace`] gives to the new record. No record of the seed has it.
pub const NEW: &str = "5eed0000-0000-4000-8000-0000000f00f0";

/// One change of the stand-in's records.
pub type Change = fn(&mut Store);

/// Returns the id of the one record of type `kind` that has `word` as its name, key, date or id, and that belongs to no
/// team or to Engineering.
fn find(store: &Store, kind: &str, word: &str) -> String {
    let team = store.find("Team", "key", "ENG").unwrap();
    let is_it = |record: &&Record| {
        let names = ["name", "displayName", "key", "startsAt", "id"];
        let goes_by = names.iter().any(|name| text(record, name) == Some(word));
        let owner = text(record, "teamId");
        goes_by && owner.is_none_or(|owner| Some(owner) == text(team, "id"))
    };
    let found: Vec<&Record> = store.all(kind).filter(is_it).collect();
    assert_eq!(found.len(), 1, "{kind} {word}");
    text(found[0], "id").unwrap().to_owned()
}

/// Removes a record, and returns it.
pub fn remove(store: &mut Store, kind: &str, word: &str) -> Record {
    let id = find(store, kind, word);
    store.remove(kind, &id).unwrap()
}

/// Sets a field of a record.
pub fn set(store: &mut Store, kind: &str, word: &str, field: &str, value: impl Into<Value>) {
    let id = find(store, kind, word);
    let record = store.get_mut(kind, &id).unwrap();
    record.insert(field.to_owned(), value.into());
}

/// Removes a record, and adds an equal one with the id [`NEW`].
pub fn replace(store: &mut Store, kind: &'static str, word: &str) {
    let mut record = remove(store, kind, word);
    record.insert("id".to_owned(), NEW.into());
    store.put(kind, record);
}
