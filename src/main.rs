//! The program `linear-ops`, which the library of the same name implements. This is the only place that ends the process.

fn main() {
    // The value of a setting is always Unicode. Other bytes are replaced, so that they do not get into messages.
    let vars = std::env::vars_os()
        .map(|(name, value)| {
            let to_text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
            (to_text(name), to_text(value))
        })
        .collect();
    let code = linear_ops::cli::enter(std::env::args_os(), vars);
    // Returning would wait for the thread that reads standard input, which ends only when the client closes it.
    std::process::exit(code.into());
}
