//! The seventeen points of `linear/api.md` §7, each through one HTTP exchange: JSON in, JSON out.

mod below;
mod costs;
mod custom_views;
mod faults;
mod filters;
mod fixture;
mod lag;
mod mutations;
mod pages;
mod patches;
mod protocol;
mod queries;
mod sorts;
mod whole;

use serde_json::{Value, json};

use super::{Request, Sandbox};
use crate::linear::transport::Reply;

/// A key of the viewer with full scope.
const KEY: &str = "lin_api_test";

/// Sends a document with variables and returns the whole reply.
fn send(sandbox: &Sandbox, query: &str, variables: &Value) -> Reply {
    let body = json!({ "query": query, "variables": variables });
    let request = Request {
        authorization: Some(KEY.to_owned()),
        body: body.to_string().into_bytes(),
    };
    sandbox.handle(request).reply.unwrap()
}

/// The body of a reply as JSON.
fn read(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// Sends a document without variables and returns the answer.
fn ask(sandbox: &Sandbox, query: &str) -> Value {
    read(&send(sandbox, query, &json!({})))
}

/// The `data` of an answer that has no errors.
fn data(sandbox: &Sandbox, query: &str) -> Value {
    let answer = ask(sandbox, query);
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].clone()
}

/// The first error of an answer.
fn error(answer: &Value) -> &Value {
    answer.pointer("/errors/0").unwrap()
}

/// The values of a field of a connection's nodes.
fn column(connection: &Value, field: &str) -> Vec<Value> {
    let nodes = connection["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node[field].clone()).collect()
}
