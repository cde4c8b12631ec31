//! The server of `GET /metrics`: a thread of its own, so that figures are there while the node starts, is busy or
//! stops.

use super::metrics::Metrics;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// Connections at once; others wait.
const MAX_CONNECTIONS: usize = 32;
/// How long a client may take to ask.
const MAX_HEADER_WAIT: Duration = Duration::from_secs(10);
/// How long one connection may last.
const MAX_CONNECTION: Duration = Duration::from_secs(600);
/// How long to wait when no connection can be taken, for want of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const TEXT: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct MetricsServer {
    /// Where it listens.
    pub local_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MetricsServer {
    /// Starts to serve.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn start(listen: SocketAddr, metrics: Arc<Metrics>) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let local_addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, metrics) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("tenon-metrics".into()).spawn(serve)?;
        Ok(Self { local_addr, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        // A thread that ended has nothing to be told.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: tokio::net::TcpListener, metrics: Arc<Metrics>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let metrics = Arc::clone(&metrics);
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let response = answer(&request, &metrics);
                async move { Ok::<_, Infallible>(response) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(MAX_HEADER_WAIT);
            let connection = server.serve_connection(TokioIo::new(stream), answer);
            // A client that went away, or took too long, is not worth a word.
            let _ = tokio::time::timeout(MAX_CONNECTION, connection).await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, TEXT, metrics.text()),
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, PLAIN, "method not allowed\n".to_string()),
        _ => {
            (StatusCode::NOT_FOUND, PLAIN, "GET /metrics is here; /livez and /readyz are at the RPC port\n".to_string())
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
