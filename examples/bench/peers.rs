//! What other servers cost at the same job: figures measured in November 2026 against a stand-in with 100 ms a request.

/// One server's figures.
pub struct Peer {
    /// Its name and version.
    pub name: &'static str,
    /// Tokens (o200k) of its list of tools: names, descriptions, input schemas.
    pub listed: usize,
    /// From the start to the list of tools.
    pub start: &'static str,
    /// Resident memory.
    pub memory: &'static str,
    /// An issue created by names: tool calls, requests, milliseconds.
    pub create: [usize; 3],
    /// Fifty issues listed: requests, tokens of the answer.
    pub list: [usize; 2],
    /// Twenty issues searched for: requests, tokens of the answer.
    pub search: [usize; 2],
}

/// The servers that could be measured. The official one is closed and remote; its published list of tools is about
/// 13,000 tokens.
pub const PEERS: [Peer; 3] = [
    Peer {
        name: "@tacticlaunch/mcp-linear 1.4.3",
        listed: 26_757,
        start: "800-1,100 ms",
        memory: "84 MB",
        create: [6, 27, 1478],
        list: [290, 20_111],
        search: [115, 8_128],
    },
    Peer {
        name: "linear-mcp-rs 1.0.3",
        listed: 33_021,
        start: "18-28 ms",
        memory: "9.4 MB",
        create: [1, 6, 623],
        list: [1, 1_353],
        search: [1, 454],
    },
    Peer {
        name: "linear-mcp-lean 0.1.0",
        listed: 5_860,
        start: "600 ms",
        memory: "74 MB",
        create: [1, 7, 778],
        list: [2, 4_499],
        search: [1, 1_811],
    },
];
