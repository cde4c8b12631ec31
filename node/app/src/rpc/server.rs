//! Starts and stops the server: one port, one table of methods.

use super::arguments::Arguments;
use super::context::Context;
use super::http::PathLayer;
use super::{handlers, limits, subscriptions};
use crate::backend::Backend;
use crate::telemetry::Health;
use jsonrpsee::RpcModule;
use jsonrpsee::server::{BatchRequestConfig, PingConfig, RandomStringIdProvider, Server, ServerConfig, ServerHandle};
use jsonrpsee::types::ErrorObjectOwned;
use std::net::SocketAddr;
use std::sync::Arc;
use tenon_api::errors::LISTEN;
use tenon_api::methods::{self, Kind, Method};

/// Characters of a subscription's name.
const SUBSCRIPTION_ID_LENGTH: usize = 16;

/// Where and for whom to serve.
#[derive(Clone, Debug)]
pub struct RpcConfig {
    /// The address to listen on; port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// Connections at once.
    pub max_connections: u32,
    /// Origins of web pages that may call besides those of this machine; `*` stands for all.
    pub cors_origins: Vec<String>,
    /// What else `/readyz` asks; a development node has nothing else.
    pub health: Option<Arc<Health>>,
}

impl RpcConfig {
    /// The usual limits, on an address.
    pub const fn new(listen: SocketAddr) -> Self {
        Self { listen, max_connections: limits::MAX_CONNECTIONS, cors_origins: Vec::new(), health: None }
    }
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address is taken or not this machine's.
    #[error("error {code}: cannot listen on {address}: {source}; {hint}", code = LISTEN.code, hint = LISTEN.hint)]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Two methods of the table have one name.
    #[error("the method table is inconsistent: {0}")]
    Table(#[from] jsonrpsee::server::RegisterMethodError),
}

/// A running server. It stops when this is dropped or [`RpcServer::stop`] is called.
#[derive(Debug)]
pub struct RpcServer {
    /// The address on which it listens.
    pub local_addr: SocketAddr,
    handle: ServerHandle,
}

impl RpcServer {
    /// Ends all connections and waits until they are closed.
    pub async fn stop(self) {
        // It fails only if the server has stopped already.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }
}

/// Starts the server.
///
/// # Errors
/// [`RpcError::Listen`] if the address cannot be listened on.
pub async fn serve(backend: Arc<dyn Backend>, config: RpcConfig) -> Result<RpcServer, RpcError> {
    let failed = |source| RpcError::Listen { address: config.listen, source };
    let settings = ServerConfig::builder()
        .max_connections(config.max_connections)
        .max_request_body_size(limits::MAX_REQUEST_BYTES)
        .max_response_body_size(limits::MAX_RESPONSE_BYTES)
        .max_subscriptions_per_connection(limits::MAX_SUBSCRIPTIONS_PER_CONNECTION)
        .set_batch_request_config(BatchRequestConfig::Limit(limits::MAX_BATCH_REQUESTS))
        .set_message_buffer_capacity(limits::MAX_WAITING_MESSAGES)
        .set_id_provider(RandomStringIdProvider::new(SUBSCRIPTION_ID_LENGTH))
        .enable_ws_ping(PingConfig::default())
        .set_tcp_no_delay(true)
        .build();
    let paths = PathLayer::new(Arc::clone(&backend), config.cors_origins.clone(), config.health.clone());
    let module = module(Context::new(backend))?;
    let server = Server::builder()
        .set_config(settings)
        .set_http_middleware(tower::ServiceBuilder::new().layer(paths))
        .build(config.listen)
        .await
        .map_err(failed)?;
    let local_addr = server.local_addr().map_err(failed)?;
    let handle = server.start(module);
    tracing::info!(target: "rpc", address = %local_addr, "listening");
    Ok(RpcServer { local_addr, handle })
}

/// Every method of the table that this chain offers.
pub(super) fn module(context: Context) -> Result<RpcModule<Context>, RpcError> {
    let development = context.backend.is_development();
    let mut module = RpcModule::new(context);
    for method in methods::all().filter(|method| development || !method.development) {
        register(&mut module, method)?;
    }
    Ok(module)
}

fn register(module: &mut RpcModule<Context>, method: &'static Method) -> Result<(), RpcError> {
    match method.kind {
        Kind::Call => {
            module.register_async_method(method.name, move |params, context, _| {
                let arguments = Arguments::read(method, &params);
                async move { handlers::answer(method, context, arguments).await.map_err(ErrorObjectOwned::from) }
            })?;
        }
        Kind::Subscription { unsubscribe, notification } => {
            module.register_subscription(
                method.name,
                notification,
                unsubscribe,
                move |params, pending, context, _| async move {
                    let arguments = Arguments::read(method, &params);
                    subscriptions::serve(method, context, arguments, pending).await;
                },
            )?;
            for alias in method.end_aliases {
                module.register_alias(alias, unsubscribe)?;
            }
        }
    }
    for alias in method.aliases {
        module.register_alias(alias, method.name)?;
    }
    Ok(())
}
