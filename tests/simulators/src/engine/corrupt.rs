//! What faults do to a reply that is otherwise right.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::exchange::{Reply, Request};
use super::pipeline::ListShape;

/// The first half of a body.
pub(crate) fn first_half(mut reply: Reply) -> Reply {
    reply.body = reply.body.slice(..reply.body.len() / 2);
    reply
}

pub(crate) fn html(status: StatusCode) -> Reply {
    let reason = status.canonical_reason().unwrap_or("Error");
    let page =
        format!("<html><head><title>{status}</title></head><body><h1>{reason}</h1></body></html>");
    Reply::raw(status, "text/html; charset=utf-8", page)
}

/// With the members of `body`, as if they had been written.
pub(crate) fn overlaid(reply: Reply, body: &Bytes) -> Reply {
    let Ok(Value::Object(written)) = serde_json::from_slice(body) else {
        return reply;
    };
    edit(reply, |body| {
        if let Value::Object(members) = body {
            members.extend(written);
        }
    })
}

/// Leaves out the last `count` rows.
pub(crate) fn drop_rows(reply: Reply, shape: &ListShape, count: usize) -> Reply {
    edit(reply, |body| {
        if let Some(rows) = rows(body, shape) {
            rows.truncate(rows.len().saturating_sub(count));
        }
    })
}

/// Leaves out the first `count` rows.
pub(crate) fn skip_rows(reply: Reply, shape: &ListShape, count: usize) -> Reply {
    edit(reply, |body| {
        if let Some(rows) = rows(body, shape) {
            rows.drain(..count.min(rows.len()));
        }
    })
}

/// The first `count` rows once more.
pub(crate) fn double_rows(reply: Reply, shape: &ListShape, count: usize) -> Reply {
    edit(reply, |body| {
        if let Some(rows) = rows(body, shape) {
            rows.extend_from_within(..count.min(rows.len()));
        }
    })
}

/// No rows, and totals that agree.
pub(crate) fn empty(reply: Reply, shape: &ListShape) -> Reply {
    edit(reply, |body| {
        if let Some(rows) = rows(body, shape) {
            rows.clear();
        }
        for pointer in shape.totals {
            put(body, pointer, Value::from(0));
        }
        for next in shape.next {
            put(body, next, Value::Null);
        }
    })
}

pub(crate) fn total_off(reply: Reply, shape: &ListShape, by: i64) -> Reply {
    edit(reply, |body| {
        if let Some(pointer) = shape.totals.first() {
            let total = body
                .pointer(pointer)
                .and_then(Value::as_i64)
                .unwrap_or_default();
            put(body, pointer, Value::from(total.saturating_add(by)));
        }
    })
}

/// A list without its totals.
pub(crate) fn no_total(reply: Reply, shape: &ListShape) -> Reply {
    edit(reply, |body| {
        for pointer in shape.totals {
            put(body, pointer, Value::Null);
        }
    })
}

/// A batch of which DynamoDB has processed nothing.
pub(crate) fn unprocessed(request: &Request) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let items = body.get("RequestItems").cloned().unwrap_or_default();
    let answer = if request.operation() == Some("BatchGetItem") {
        json!({ "Responses": {}, "UnprocessedKeys": items })
    } else {
        json!({ "UnprocessedItems": items })
    };
    Reply::json(StatusCode::OK, &answer)
}

fn rows<'b>(body: &'b mut Value, shape: &ListShape) -> Option<&'b mut Vec<Value>> {
    let pointer = shape
        .rows
        .iter()
        .find(|pointer| body.pointer(pointer).is_some_and(Value::is_array))?;
    body.pointer_mut(pointer)?.as_array_mut()
}

fn put(body: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    }
}

fn edit(mut reply: Reply, change: impl FnOnce(&mut Value)) -> Reply {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) {
        change(&mut body);
        reply.body = Bytes::from(body.to_string());
    }
    reply
}
