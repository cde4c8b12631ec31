//! `POST /v1/tx`: many transactions in one request, as SCALE. Leaves out signing them, and waiting for blocks.

use super::{Client, unexpected};
use crate::ClientError;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use parity_scale_codec::{Compact, Encode};
use serde_json::Value as Json;
use tenon_api::json::{BatchReply, HttpError};
use tokio::net::TcpStream;

/// Bytes of one answer to a batch.
pub const MAX_BULK_BYTES: usize = 64 * 1024 * 1024;

/// A connection that carries batches, one after the other.
#[derive(Debug)]
pub struct BulkSender {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
}

/// Encodes a batch: the SCALE encoding of a list of the transactions' bytes, each with its length prefix.
pub fn bulk_body<T: AsRef<[u8]>>(transactions: &[T]) -> Vec<u8> {
    let bytes = transactions.iter().map(|transaction| transaction.as_ref().len() + 4).sum::<usize>();
    let mut body = Vec::with_capacity(bytes + 4);
    let count = u32::try_from(transactions.len()).expect("a batch in memory has fewer than 2^32 transactions");
    Compact(count).encode_to(&mut body);
    for transaction in transactions {
        transaction.as_ref().encode_to(&mut body);
    }
    body
}

impl Client {
    /// Sends many transactions in one request, over a connection of its own.
    ///
    /// # Errors
    /// As [`BulkSender::connect`] and [`BulkSender::send`].
    pub async fn submit_bulk<T: AsRef<[u8]>>(&self, transactions: &[T]) -> Result<BatchReply, ClientError> {
        BulkSender::connect(self.url()).await?.send(bulk_body(transactions)).await
    }
}

impl BulkSender {
    /// Opens a connection to the node at a `ws://` or `http://` URL.
    ///
    /// # Errors
    /// [`ClientError::Url`] or [`ClientError::Connect`].
    pub async fn connect(url: &str) -> Result<Self, ClientError> {
        let authority = match url.split_once("://") {
            Some(("ws" | "http", rest)) => rest.split('/').next().unwrap_or(rest).to_string(),
            _ => return Err(ClientError::Url { found: url.into(), reason: "batches go to ws:// or http://".into() }),
        };
        let failed = |reason: String| ClientError::Connect { url: url.into(), reason };
        let stream = TcpStream::connect(&authority).await.map_err(|reason| failed(reason.to_string()))?;
        stream.set_nodelay(true).map_err(|reason| failed(reason.to_string()))?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|reason| failed(reason.to_string()))?;
        // The connection ends by itself when the sender is dropped; what goes wrong is seen by `send`.
        tokio::spawn(connection);
        Ok(Self { sender, authority })
    }

    /// Sends a batch made by [`bulk_body`] and returns how many transactions the pool took, and why not the others.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the node refuses the whole batch, or [`ClientError::Transport`].
    pub async fn send(&mut self, body: Vec<u8>) -> Result<BatchReply, ClientError> {
        const METHOD: &str = "POST /v1/tx";
        let failed = |reason: String| ClientError::Transport { method: METHOD.into(), reason };
        let request = Request::post("/v1/tx")
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(Full::new(Bytes::from(body)))
            .map_err(|reason| failed(reason.to_string()))?;
        self.sender.ready().await.map_err(|reason| failed(reason.to_string()))?;
        let response = self.sender.send_request(request).await.map_err(|reason| failed(reason.to_string()))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_BULK_BYTES).collect().await;
        let body = body.map_err(|reason| failed(reason.to_string()))?.to_bytes();
        let foreign =
            |_| unexpected(METHOD, &Json::from(String::from_utf8_lossy(&body).into_owned()), "a batch's reply");
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(foreign);
        }
        let error: HttpError = serde_json::from_slice(&body).map_err(foreign)?;
        let HttpError { code, message, data } = error;
        Err(ClientError::Refused { code, name: data.name, message, hint: data.hint })
    }
}
