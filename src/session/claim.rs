//! What an object among an operation's parameters says of an entity besides what the entity is looked up by.

/// An object that names an entity, as in `team: {name: Engineering, key: DES}`: the entity is looked up by one of its
/// entries, and the others have to be true of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The parameter.
    pub param: String,
    /// The text by which the entity is looked up.
    pub wanted: String,
    /// The other entries: their keys and their values as text.
    pub entries: Vec<(String, String)>,
}
