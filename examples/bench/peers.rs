//! What other servers cost at the same job, measured against a stand-in with 100 ms a request.

/// When that was measured. Their figures stand here as they were then: newer versions may do better.
pub const MEASURED: &str = "November 2026";

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
    /// An issue created by names.
    pub create: Created,
    /// Fifty issues listed.
    pub list: Found,
    /// Twenty issues searched for.
    pub search: Found,
}

/// What it took to create an issue.
pub struct Created {
    /// Tool calls.
    pub calls: usize,
    /// Requests to Linear.
    pub requests: usize,
    /// Milliseconds.
    pub ms: usize,
}

/// What it took to find issues.
pub struct Found {
    /// Requests to Linear.
    pub requests: usize,
    /// Tokens of the answer.
    pub tokens: usize,
}

/// The servers that could be measured. The official one is closed and remote; its published list of tools is about
/// 13,000 tokens.
pub const PEERS: [Peer; 3] = [
    Peer {
        name: "@tacticlaunch/mcp-linear 1.4.3",
        listed: 26_757,
        start: "800-1,100 ms",
        memory: "84 MB",
        create: Created {
            calls: 6,
            requests: 27,
            ms: 1478,
        },
        list: Found {
            requests: 290,
            tokens: 20_111,
        },
        search: Found {
            requests: 115,
            tokens: 8_128,
        },
    },
    Peer {
        name: "linear-mcp-rs 1.0.3",
        listed: 33_021,
        start: "18-28 ms",
        memory: "9.4 MB",
        create: Created {
            calls: 1,
            requests: 6,
            ms: 623,
        },
        list: Found {
            requests: 1,
            tokens: 1_353,
        },
        search: Found {
            requests: 1,
            tokens: 454,
        },
    },
    Peer {
        name: "linear-mcp-lean 0.1.0",
        listed: 5_860,
        start: "600 ms",
        memory: "74 MB",
        create: Created {
            calls: 1,
            requests: 7,
            ms: 778,
        },
        list: Found {
            requests: 2,
            tokens: 4_499,
        },
        search: Found {
            requests: 1,
            tokens: 1_811,
        },
    },
];
