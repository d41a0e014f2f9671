//! What somebody else does in the workspace behind the session's back.

use linear_ops::sandbox::store::{Record, Store, text};
use serde_json::Value;

/// An id that nothing has yet.
pub const NEW: &str = "5eed0000-0000-4000-8000-0000000f00f0";

/// One change of somebody else's.
pub type Change = fn(&mut Store);

/// The id of the one record of that type which goes by that word and is no other team's than Engineering's.
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

/// Takes a record out.
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

/// Takes a record out and puts another like it in its place.
pub fn replace(store: &mut Store, kind: &'static str, word: &str) {
    let mut record = remove(store, kind, word);
    record.insert("id".to_owned(), NEW.into());
    store.put(kind, record);
}
