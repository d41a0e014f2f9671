//! The HTTP client through the real binary: what depends on the machine that it runs on.

use linear_ops::sandbox::Sandbox;

use crate::support;
use crate::support::binary;

/// reqwest's builder fails where the system has no certificates, even for http: then our own are used.
#[tokio::test]
async fn a_machine_without_certificates_reaches_linear_all_the_same() {
    let server = support::serve(&Sandbox::new()).await;
    let url = format!("{}/graphql", server.uri());
    let example = format!("{}/examples/get_team.yaml", env!("CARGO_MANIFEST_DIR"));
    let run = move || {
        binary::command()
            .args(["run", &example])
            .env("LINEAR_API_URL", url)
            .env("LINEAR_API_KEY", "lin_api_sandbox")
            .env("SSL_CERT_FILE", "/nonexistent/file")
            .env("SSL_CERT_DIR", "/nonexistent/folder")
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.contains("name: Engineering"), "{answer}");
    assert!(output.status.success());
}
