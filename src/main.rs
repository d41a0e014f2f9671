//! `linear-ops`: see the library of the same name. This is the only place that ends the process.

fn main() {
    // A variable that is no Unicode cannot be one of ours that is right; its bytes are kept out of messages by
    // the replacement.
    let vars = std::env::vars_os()
        .map(|(name, value)| {
            let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
            (text(name), text(value))
        })
        .collect();
    let code = linear_ops::cli::enter(std::env::args_os(), vars);
    // Returning would wait for a thread that reads standard input, which ends only when the client closes it.
    std::process::exit(code.into());
}
