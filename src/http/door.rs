//! The listening socket. Closing one resets every connection that waits in its queue, so this one is
//! closed only when nobody waits: who got through to us is served.

use std::{
    future::pending,
    io::{self, ErrorKind},
    mem,
    net::{self, IpAddr, SocketAddr},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, sleep_until},
};

/// How long a handshake that has begun may take to end.
const HANDSHAKE: Duration = Duration::from_millis(100);

/// Where connections come in.
pub(super) struct Door {
    state: State,
    told: watch::Sender<Told>,
}

/// Whoever came in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(SocketAddr);

/// What closes a door.
pub(super) struct Key(watch::Sender<Told>);

enum State {
    Open(TcpListener),
    /// Nobody new is let into the queue.
    Closing(TcpListener, Instant),
    /// Past the driver, which learns of a connection later than the kernel.
    Emptying(net::TcpListener),
    Shut,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Close,
    Closed,
}

impl Door {
    pub(super) fn new(listener: TcpListener) -> (Self, Key) {
        let told = watch::Sender::new(Told::Nothing);
        let key = Key(told.clone());
        let state = State::Open(listener);
        (Self { state, told }, key)
    }

    /// Goes on to the next state.
    fn advance(&mut self) {
        self.state = match mem::replace(&mut self.state, State::Shut) {
            State::Open(listener) => {
                ignore_newcomers(&listener);
                State::Closing(listener, Instant::now() + HANDSHAKE)
            }
            State::Closing(listener, _) => listener.into_std().map_or(State::Shut, State::Emptying),
            // The socket is closed here, at once.
            State::Emptying(_) | State::Shut => State::Shut,
        };
    }
}

impl Key {
    /// Lets everybody in who waits, then closes for good.
    pub(super) async fn close(&self) {
        self.0.send_replace(Told::Close);
        let mut told = self.0.subscribe();
        let _ = told.wait_for(|told| *told == Told::Closed).await;
    }
}

impl Peer {
    pub(super) const fn ip(&self) -> IpAddr {
        self.0.ip()
    }
}

impl Door {
    /// The next who comes in; waits forever where it is shut.
    pub(super) async fn accept(&mut self) -> (TcpStream, Peer) {
        let (stream, address) = self.next().await;
        (stream, Peer(address))
    }

    async fn next(&mut self) -> (TcpStream, SocketAddr) {
        let mut told = self.told.subscribe();
        loop {
            match &mut self.state {
                State::Open(listener) => tokio::select! {
                    accepted = Listener::accept(listener) => return accepted,
                    _ = told.wait_for(|told| *told == Told::Close) => {}
                },
                State::Closing(listener, until) => tokio::select! {
                    accepted = Listener::accept(listener) => return accepted,
                    () = sleep_until(*until) => {}
                },
                State::Emptying(listener) => match accept_waiting(listener) {
                    Ok(accepted) => return accepted,
                    // This one has left again; there may be others.
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                    Err(_) => {}
                },
                State::Shut => {
                    self.told.send_replace(Told::Closed);
                    return pending().await;
                }
            }
            self.advance();
        }
    }
}

fn accept_waiting(listener: &net::TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, address) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((TcpStream::from_std(stream)?, address))
}

/// Has the kernel ignore attempts to connect that are not under way yet. The other side tries again
/// within a second, and finds the port closed or the next server on it. Where this cannot be done,
/// who connects in the last microseconds is reset.
#[cfg(target_os = "linux")]
fn ignore_newcomers(listener: &TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Of the flags in a segment's header SYN without ACK; see linux/filter.h for the codes. Connections
    // inherit this and do not mind: nobody sends such a segment to them.
    let program = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x54, 0, 0, 0b1_0010),
        SockFilter::new(0x15, 0, 1, 0b0_0010),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    if let Err(error) = SockRef::from(listener).attach_filter(&program) {
        tracing::debug!("newcomers cannot be held off: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn ignore_newcomers(_: &TcpListener) {}
