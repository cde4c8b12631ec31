//! What the port serves besides JSON-RPC: `POST /v1/tx`, `GET /livez`, `GET /readyz`, and cross-origin headers.

use super::failure::{Failure, rejected};
use super::handlers::blocking;
use super::limits::{MAX_BULK_BYTES, MAX_BULK_REQUESTS, MAX_BULK_TRANSACTIONS};
use crate::backend::Backend;
use crate::telemetry::{Check, Health};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use parity_scale_codec::{Compact, Decode, Input};
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tenon_api::errors;
use tenon_api::json::BatchReply;
use tokio::sync::Semaphore;
use tower::{Layer, Service};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What the paths need.
struct Shared {
    backend: Arc<dyn Backend>,
    origins: Vec<String>,
    health: Option<Arc<Health>>,
    bulk: Semaphore,
}

/// Puts the paths in front of JSON-RPC.
#[derive(Clone)]
pub(super) struct PathLayer {
    shared: Arc<Shared>,
}

impl PathLayer {
    /// `origins` are web pages that may call besides those of this machine; `*` stands for all.
    pub(super) fn new(backend: Arc<dyn Backend>, origins: Vec<String>, health: Option<Arc<Health>>) -> Self {
        Self { shared: Arc::new(Shared { backend, origins, health, bulk: Semaphore::new(MAX_BULK_REQUESTS) }) }
    }
}

impl<S> Layer<S> for PathLayer {
    type Service = Paths<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Paths { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Serves the paths and hands everything else on.
#[derive(Clone)]
pub(super) struct Paths<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<HttpRequest> for Paths<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let origin = request.headers().get("origin").and_then(|value| value.to_str().ok()).map(str::to_string);
        let allowed = origin.filter(|origin| shared.allows(origin));
        let own: Option<Self::Future> = match (request.method().as_str(), request.uri().path()) {
            ("OPTIONS", _) => Some(Box::pin(async { Ok(answer(204, TEXT, String::new())) })),
            ("GET", "/livez") => Some(Box::pin(async { Ok(answer(200, TEXT, "ok\n".into())) })),
            ("GET", "/readyz") => {
                let verbose =
                    request.uri().query().is_some_and(|query| query.split('&').any(|it| it.starts_with("verbose")));
                let shared = Arc::clone(&shared);
                Some(Box::pin(async move { Ok(ready(shared, verbose).await) }))
            }
            ("POST", "/v1/tx") => Some(Box::pin(async move { Ok(bulk(shared, request.into_body()).await) })),
            (_, "/livez" | "/readyz" | "/v1/tx") => {
                Some(Box::pin(async { Ok(answer(405, TEXT, "method not allowed\n".into())) }))
            }
            _ => {
                let future = self.inner.call(request);
                return Box::pin(async move { future.await.map(|response| with_origin(response, allowed)) });
            }
        };
        let own = own.expect("every arm that does not return gives an answer");
        Box::pin(async move { own.await.map(|response| with_origin(response, allowed)) })
    }
}

impl Shared {
    fn allows(&self, origin: &str) -> bool {
        let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        matches!(host, "localhost" | "127.0.0.1" | "::1")
            || self.origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }
}

fn answer(status: u16, content_type: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body));
    *response.status_mut() = status.try_into().expect("the status codes of this file are valid");
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    response
}

fn json_answer(status: u16, value: &impl Serialize) -> HttpResponse {
    answer(status, JSON, serde_json::to_string(value).unwrap_or_default())
}

fn failed(status: u16, failure: Failure) -> HttpResponse {
    json_answer(status, &failure.into_http())
}

fn with_origin(mut response: HttpResponse, origin: Option<String>) -> HttpResponse {
    let Some(Ok(origin)) = origin.map(|origin| origin.parse()) else {
        return response;
    };
    let headers = response.headers_mut();
    headers.insert("access-control-allow-origin", origin);
    for (name, value) in [
        ("vary", "origin"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-allow-headers", "content-type"),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

/// `GET /readyz`: 200 if every check holds, else 503. With `verbose` a line for each.
async fn ready(shared: Arc<Shared>, verbose: bool) -> HttpResponse {
    let checks = blocking(move || Ok(checks(&shared)))
        .await
        .unwrap_or_else(|failure| vec![Check { name: "node", ok: false, said: failure.to_string() }]);
    let is_ready = checks.iter().all(|check| check.ok);
    let word = if is_ready { "ready\n" } else { "not ready\n" };
    let line = |check: &Check| format!("[{}] {}: {}\n", if check.ok { '+' } else { '-' }, check.name, check.said);
    let lines = if verbose { checks.iter().map(line).collect() } else { String::new() };
    answer(if is_ready { 200 } else { 503 }, TEXT, lines + word)
}

/// Whether the node can answer from the state after its last final block, and what else it says of itself.
fn checks(shared: &Shared) -> Vec<Check> {
    let (best, finalized) = (shared.backend.best(), shared.backend.finalized());
    let state = shared.backend.state(&finalized.hash).map(|_| ());
    let said = format!("best {}, finalized {}", best.block.header.number, finalized.block.header.number);
    let readable = state.as_ref().err().map_or_else(|| "readable".to_string(), |reason| format!("{reason:?}"));
    let mut checks =
        vec![Check { name: "chain", ok: true, said }, Check { name: "state", ok: state.is_ok(), said: readable }];
    checks.extend(shared.health.iter().flat_map(|health| health.checks()));
    checks
}

/// `POST /v1/tx`.
async fn bulk(shared: Arc<Shared>, body: HttpBody) -> HttpResponse {
    let Ok(_permit) = shared.bulk.acquire().await else {
        return failed(503, Failure::new(errors::STOPPING, "the server is stopping"));
    };
    let body = match Limited::new(body, MAX_BULK_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let found = Failure::new(errors::TOO_MANY, "the body is too long");
            return failed(413, found.expected(format!("at most {MAX_BULK_BYTES} bytes")));
        }
        Err(error) => return failed(400, Failure::new(errors::BAD_FORMAT, format!("the body broke off: {error}"))),
    };
    let transactions = match decode_bulk(&body) {
        Ok(transactions) => transactions,
        Err(failure) => return failed(400, failure),
    };
    drop(body);
    let backend = Arc::clone(&shared.backend);
    let outcome = blocking(move || {
        let mut reply = BatchReply::default();
        for (index, result) in backend.submit_batch(transactions).into_iter().enumerate() {
            match result {
                Ok(_) => reply.accepted += 1,
                Err(refusal) => reply.rejected.push(rejected(index, refusal)),
            }
        }
        Ok(reply)
    });
    match outcome.await {
        Ok(reply) => json_answer(200, &reply),
        Err(failure) => failed(500, failure),
    }
}

/// Decodes the SCALE list of transactions, and reserves nothing on the word of its lengths alone.
fn decode_bulk(mut body: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let malformed = |cause: String| {
        Failure::new(errors::BAD_FORMAT, cause).expected("a SCALE list of transactions, each with its length prefix")
    };
    let length = |input: &mut &[u8]| {
        Compact::<u32>::decode(input).map_err(|error| malformed(format!("a length does not decode: {error}")))
    };
    let count = usize::try_from(length(&mut body)?.0).unwrap_or(usize::MAX);
    if count > MAX_BULK_TRANSACTIONS {
        let found = Failure::new(errors::TOO_MANY, format!("found {count} transactions"));
        return Err(found.expected(format!("at most {MAX_BULK_TRANSACTIONS}")));
    }
    let mut transactions = Vec::new();
    for index in 0..count {
        let bytes = usize::try_from(length(&mut body)?.0).unwrap_or(usize::MAX);
        if bytes > body.len() {
            return Err(malformed(format!("transaction {index} says {bytes} bytes, {} are left", body.len())));
        }
        let mut transaction = vec![0; bytes];
        body.read(&mut transaction).map_err(|error| malformed(error.to_string()))?;
        transactions.push(transaction);
    }
    if body.is_empty() { Ok(transactions) } else { Err(malformed(format!("{} bytes follow the list", body.len()))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::Encode;

    #[test]
    fn a_list_of_transactions_reads_back() {
        let list = vec![vec![1u8, 2, 3], vec![], vec![0; 300]];
        assert_eq!(decode_bulk(&list.encode()), Ok(list));
    }

    #[test]
    fn lying_lengths_are_refused_before_anything_is_reserved() {
        let lie = Compact(u32::MAX).encode();
        assert_eq!(decode_bulk(&lie).unwrap_err().code, errors::TOO_MANY.code);
        let mut lie = Compact(1u32).encode();
        Compact(1u32 << 29).encode_to(&mut lie);
        assert_eq!(decode_bulk(&lie).unwrap_err().code, errors::BAD_FORMAT.code);
        let mut surplus = Vec::<Vec<u8>>::new().encode();
        surplus.push(0);
        assert_eq!(decode_bulk(&surplus).unwrap_err().code, errors::BAD_FORMAT.code);
    }
}
