//! Yamux with an end to closing: a connection whose peer is cut off or does not read cannot say farewell, and would stay for
//! as long as the kernel tries, a quarter of an hour. Here it is dropped after [`MAX_CLOSING_TIME`].

use futures::future::{MapOk, TryFutureExt};
use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use libp2p::yamux;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// How long closing may take.
const MAX_CLOSING_TIME: Duration = Duration::from_secs(2);

/// How connections are split into streams.
#[derive(Clone)]
pub(crate) struct Config(yamux::Config);

impl Config {
    /// Yamux with at most so many streams on a connection.
    pub(crate) fn new(max_streams: usize) -> Self {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(max_streams);
        Self(config)
    }
}

impl UpgradeInfo for Config {
    type Info = <yamux::Config as UpgradeInfo>::Info;
    type InfoIter = <yamux::Config as UpgradeInfo>::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.protocol_info()
    }
}

type Wrap<C> = fn(yamux::Muxer<C>) -> Muxer<C>;

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Config {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = MapOk<<yamux::Config as InboundConnectionUpgrade<C>>::Future, Wrap<C>>;

    fn upgrade_inbound(self, socket: C, info: Self::Info) -> Self::Future {
        self.0.upgrade_inbound(socket, info).map_ok(Muxer::new)
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Config {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = MapOk<<yamux::Config as OutboundConnectionUpgrade<C>>::Future, Wrap<C>>;

    fn upgrade_outbound(self, socket: C, info: Self::Info) -> Self::Future {
        self.0.upgrade_outbound(socket, info).map_ok(Muxer::new)
    }
}

/// The streams of a connection.
pub(crate) struct Muxer<C> {
    inner: yamux::Muxer<C>,
    closing: Option<Pin<Box<Sleep>>>,
}

impl<C> Muxer<C> {
    fn new(inner: yamux::Muxer<C>) -> Self {
        Self { inner, closing: None }
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin + 'static> StreamMuxer for Muxer<C> {
    type Substream = yamux::Stream;
    type Error = yamux::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<yamux::Stream, yamux::Error>> {
        Pin::new(&mut self.inner).poll_inbound(context)
    }

    fn poll_outbound(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<yamux::Stream, yamux::Error>> {
        Pin::new(&mut self.inner).poll_outbound(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), yamux::Error>> {
        if let Poll::Ready(result) = Pin::new(&mut self.inner).poll_close(context) {
            return Poll::Ready(result);
        }
        let closing = self.closing.get_or_insert_with(|| Box::pin(tokio::time::sleep(MAX_CLOSING_TIME)));
        closing.as_mut().poll(context).map(Ok)
    }

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, yamux::Error>> {
        Pin::new(&mut self.inner).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::poll_fn;

    /// A socket of a peer that is cut off: nothing comes, nothing goes.
    struct CutOff;

    impl AsyncRead for CutOff {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for CutOff {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    #[test]
    fn closing_ends_though_the_peer_is_cut_off() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let closing = async {
            let mut muxer =
                Config::new(16).upgrade_outbound(CutOff, "/yamux/1.0.0").await.expect("nothing is sent yet");
            tokio::time::timeout(MAX_CLOSING_TIME * 10, poll_fn(|context| Pin::new(&mut muxer).poll_close(context)))
                .await
        };
        assert!(matches!(runtime.block_on(closing), Ok(Ok(()))));
    }
}
