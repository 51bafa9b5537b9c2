//! One small document from the web, by the HTTP and TLS that the server has in it anyway. No redirects,
//! no proxies, no more bytes than a set of keys can have.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use url::Url;

const DEADLINE: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer within {}", humantime::format_duration(DEADLINE))]
    TooSlow,
    #[error("the address has no host")]
    NoHost,
    #[error("it cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("no encrypted connection: {0}")]
    Tls(#[from] rustls::Error),
    #[error("it does not speak HTTP: {0}")]
    Http(#[from] hyper::Error),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("the answer cannot be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
}

/// The document at `url`.
pub(super) async fn get(url: &Url) -> Result<Bytes, FetchError> {
    tokio::time::timeout(DEADLINE, get_now(url))
        .await
        .unwrap_or(Err(FetchError::TooSlow))
}

async fn get_now(url: &Url) -> Result<Bytes, FetchError> {
    let host = url.host_str().ok_or(FetchError::NoHost)?;
    // Addresses of version six stand in brackets in a URL and nowhere else.
    let name = host.trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let tcp = TcpStream::connect((name, port)).await?;
    if url.scheme() == "http" {
        return ask(tcp, url, host).await;
    }
    let server = ServerName::try_from(name.to_owned()).map_err(|_| FetchError::NoHost)?;
    let tls = TlsConnector::from(Arc::new(tls()?))
        .connect(server, tcp)
        .await?;
    ask(tls, url, host).await
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

async fn ask<S>(stream: S, url: &Url, host: &str) -> Result<Bytes, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let outcome = async {
        let host = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let request = Request::get(path)
            .header(header::HOST, host)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "regimen")
            .body(Empty::<Bytes>::new())
            .map_err(|error| FetchError::Body(error.into()))?;
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), MOST_BYTES).collect();
        Ok(body.await.map_err(FetchError::Body)?.to_bytes())
    }
    .await;
    driver.abort();
    outcome
}
