//! What of an operation's data may be left out where the whole answer would be too long, and how a caller reads on.

/// The parts of an operation's data that can be cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The lists in the data whose rows can be left out.
    pub lists: Vec<List>,
    /// Where the long text in the data begins, in characters of the whole text.
    pub text_offset: usize,
    /// The operation that reads a long text on by `text_offset`, where there is one for such texts.
    pub reader: Option<&'static str>,
    /// Whether that is the operation itself.
    pub reads_itself: bool,
    /// Of a batch, for each item in order: how warnings call it, and the outline of what it returned.
    pub items: Vec<(String, Self)>,
}

impl Outline {
    /// Adds a list, in place of the one under the same key if there is one.
    pub fn put(&mut self, list: List) {
        self.lists.retain(|known| known.key != list.key);
        self.lists.push(list);
    }
}

/// A list in an operation's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The key under which its rows stand.
    pub key: &'static str,
    /// For each row, in the order in which they are shown, the cursor that leads on behind it. A list of another length
    /// than the rows', such as an empty one, means that no row has one.
    pub cursors: Vec<Option<String>>,
    /// Whether the list goes on before its first row: it is shown oldest first, and its pages lead to older rows.
    pub goes_on_before: bool,
    /// How a caller gets the rows that are left out.
    pub onward: Onward,
}

/// How a caller gets the rows of a list that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// By the same request with the `cursor` of the answer.
    Cursor,
    /// By another operation, which takes the list's cursors where it has some.
    Operation(&'static str),
}
