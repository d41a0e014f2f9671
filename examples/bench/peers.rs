//! The cost of the same job with other servers, measured against a stand-in with a latency of 100 ms.

/// The time of the measurement. Newer versions of these servers may have other figures.
pub const MEASURED: &str = "November 2026";

/// The figures of one server.
pub struct Peer {
    /// The name and the version of the server.
    pub name: &'static str,
    /// The tokens (o200k) of its list of tools: names, descriptions and input schemas.
    pub tool_tokens: usize,
    /// The time from its start to its list of tools.
    pub start: &'static str,
    /// The resident memory.
    pub memory: &'static str,
    /// The cost of an issue created by names.
    pub create: CreateCost,
    /// The cost of a list of fifty issues.
    pub list: QueryCost,
    /// The cost of a search for twenty issues.
    pub search: QueryCost,
}

/// The cost of creating an issue.
pub struct CreateCost {
    /// The number of tool calls.
    pub calls: usize,
    /// The number of requests to Linear.
    pub requests: usize,
    /// The time in milliseconds.
    pub ms: usize,
}

/// The cost of finding issues.
pub struct QueryCost {
    /// The number of requests to Linear.
    pub requests: usize,
    /// The tokens of the answer.
    pub tokens: usize,
}

/// The servers that could be measured. The official server is remote and not public; its published list of tools has
/// about 13,000 tokens.
pub const PEERS: [Peer; 3] = [
    Peer {
        name: "@tacticlaunch/mcp-linear 1.4.3",
        tool_tokens: 26_757,
        start: "800-1,100 ms",
        memory: "84 MB",
        create: CreateCost {
            calls: 6,
            requests: 27,
            ms: 1478,
        },
        list: QueryCost {
            requests: 290,
            tokens: 20_111,
        },
        search: QueryCost {
            requests: 115,
            tokens: 8_128,
        },
    },
    Peer {
        name: "linear-mcp-rs 1.0.3",
        tool_tokens: 33_021,
        start: "18-28 ms",
        memory: "9.4 MB",
        create: CreateCost {
            calls: 1,
            requests: 6,
            ms: 623,
        },
        list: QueryCost {
            requests: 1,
            tokens: 1_353,
        },
        search: QueryCost {
            requests: 1,
            tokens: 454,
        },
    },
    Peer {
        name: "linear-mcp-lean 0.1.0",
        tool_tokens: 5_860,
        start: "600 ms",
        memory: "74 MB",
        create: CreateCost {
            calls: 1,
            requests: 7,
            ms: 778,
        },
        list: QueryCost {
            requests: 2,
            tokens: 4_499,
        },
        search: QueryCost {
            requests: 1,
            tokens: 1_811,
        },
    },
];
