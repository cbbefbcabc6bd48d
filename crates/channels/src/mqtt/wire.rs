//! Packets of MQTT 3.1.1 on a guarded connection, with `rumqttc`'s codec. Its own event loop connects
//! by itself and acknowledges before anything is stored, so it is not used.

use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use futures_util::StreamExt as _;
use rumqttc::mqttbytes::{
    QoS,
    v4::{Codec, ConnAck, Connect, ConnectReturnCode, Packet},
};
use tokio::{
    io::{AsyncWriteExt as _, ReadHalf, WriteHalf},
    time::timeout,
};
use tokio_util::codec::{Decoder, FramedRead};
use unisono_domain::{channel::SessionError, net::OutboundGuard, text::Text};

use super::config::Credentials;
use crate::net::{self, Io, NetError};

/// Largest packet that is taken in: pictures of cameras come as one.
const LARGEST: usize = 8 * 1024 * 1024;
/// Seconds after which a broker takes us for gone.
pub const KEEP_ALIVE: u16 = 60;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What arrives.
#[derive(Debug)]
pub enum Arrived {
    Packet(Packet),
    /// A message that is too large, to be acknowledged all the same: it would come for ever.
    TooLarge {
        topic: String,
        qos: QoS,
        pkid: u16,
    },
}

/// Cuts the stream into packets.
pub struct Packets {
    codec: Codec,
    /// How many bytes of a large packet are still to come, and what is told then.
    skipping: Option<(usize, Option<Arrived>)>,
}

impl Default for Packets {
    fn default() -> Self {
        Self { codec: Codec { max_incoming_size: LARGEST, max_outgoing_size: LARGEST }, skipping: None }
    }
}

impl Decoder for Packets {
    type Item = Arrived;
    type Error = rumqttc::mqttbytes::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Arrived>, Self::Error> {
        loop {
            if let Some((left, told)) = &mut self.skipping {
                let some = (*left).min(buffer.len());
                buffer.advance(some);
                *left -= some;
                if *left > 0 {
                    return Ok(None);
                }
                let told = told.take();
                self.skipping = None;
                if told.is_some() {
                    return Ok(told);
                }
            }
            match oversized(buffer) {
                Large::No => return Ok(self.codec.decode(buffer)?.map(Arrived::Packet)),
                Large::Unknown => return Ok(None),
                Large::Yes(size, told) => self.skipping = Some((size, told)),
            }
        }
    }
}

enum Large {
    No,
    /// Its head has not come yet.
    Unknown,
    Yes(usize, Option<Arrived>),
}

/// Looks at the head of the next packet (section 2.2, and 3.3 for messages).
fn oversized(buffer: &[u8]) -> Large {
    let (mut length, mut at) = (0usize, 1);
    loop {
        let Some(byte) = buffer.get(at) else { return Large::No };
        length |= usize::from(byte & 0x7f) << (7 * (at - 1));
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if at > 4 {
            // The codec says what is wrong with it.
            return Large::No;
        }
    }
    if length <= LARGEST {
        return Large::No;
    }
    let size = at + length;
    let head = buffer.first().copied().unwrap_or_default();
    if head >> 4 != 3 {
        return Large::Yes(size, None);
    }
    let number = |at: usize| Some(u16::from_be_bytes([*buffer.get(at)?, *buffer.get(at + 1)?]));
    let Some(name) = number(at) else { return Large::Unknown };
    let after = at + 2 + usize::from(name);
    let (Some(topic), Some(pkid)) = (buffer.get(at + 2..after), number(after)) else { return Large::Unknown };
    let qos = match (head >> 1) & 3 {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    };
    let topic = String::from_utf8_lossy(topic).into_owned();
    Large::Yes(size, Some(Arrived::TooLarge { topic, qos, pkid }))
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{}", .0.en)]
    BadCredentials(Text),
    #[error("{}", .0.en)]
    Refused(Text),
}

impl From<std::io::Error> for WireError {
    fn from(error: std::io::Error) -> Self {
        Self::Net(NetError::Lost(error.to_string()))
    }
}

impl From<rumqttc::mqttbytes::Error> for WireError {
    fn from(error: rumqttc::mqttbytes::Error) -> Self {
        Self::Net(NetError::Lost(error.to_string()))
    }
}

impl From<WireError> for SessionError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::BadCredentials(reason) => Self::BadCredentials(reason),
            WireError::Refused(reason) => Self::Trouble { reason, retry_after: None },
            WireError::Net(error) => Self::Trouble { reason: unreachable(&error), retry_after: None },
        }
    }
}

pub fn unreachable(error: &NetError) -> Text {
    Text::owned(format!("The broker cannot be reached: {error}"), format!("Der Broker ist nicht erreichbar: {error}"))
}

/// A connection that the broker has accepted.
pub struct Link {
    reader: FramedRead<ReadHalf<Box<dyn Io>>, Packets>,
    writer: WriteHalf<Box<dyn Io>>,
}

impl Link {
    /// Connects. With `keep`, the broker keeps what comes for us while we are away.
    pub async fn open(
        guard: &OutboundGuard,
        credentials: &Credentials,
        client_id: &str,
        keep: bool,
    ) -> Result<Self, WireError> {
        let host = &credentials.host;
        let stream = net::connect(guard, host, credentials.port).await?;
        let peer = stream.peer_addr()?.ip();
        let stream: Box<dyn Io> =
            if credentials.tls { net::start_tls(host, peer, stream).await? } else { Box::new(stream) };
        let (reader, writer) = tokio::io::split(stream);
        let mut link = Self { reader: FramedRead::new(reader, Packets::default()), writer };
        let mut connect = Connect::new(client_id);
        connect.keep_alive = KEEP_ALIVE;
        connect.clean_session = !keep;
        if let Some(username) = &credentials.username {
            connect.set_login(username, credentials.password.as_deref().unwrap_or_default());
        }
        link.write(&Packet::Connect(connect)).await?;
        let answer = timeout(ANSWER_WITHIN, link.read()).await.map_err(|_| NetError::TimedOut(host.clone()))?;
        match answer? {
            Arrived::Packet(Packet::ConnAck(ConnAck { code: ConnectReturnCode::Success, .. })) => Ok(link),
            Arrived::Packet(Packet::ConnAck(ConnAck { code, .. })) => Err(refused(code)),
            _ => Err(NetError::Lost("this is no MQTT broker".to_owned()).into()),
        }
    }

    pub async fn write(&mut self, packet: &Packet) -> Result<(), WireError> {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, LARGEST)?;
        let writing = async {
            self.writer.write_all(&bytes).await?;
            self.writer.flush().await
        };
        timeout(ANSWER_WITHIN, writing).await.map_err(|_| NetError::Lost("the broker takes nothing".to_owned()))??;
        Ok(())
    }

    /// The next packet. May be dropped while it waits.
    pub async fn read(&mut self) -> Result<Arrived, WireError> {
        let packet = self.reader.next().await;
        Ok(packet.ok_or_else(|| NetError::Lost("the broker has hung up".to_owned()))??)
    }
}

fn refused(code: ConnectReturnCode) -> WireError {
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            WireError::BadCredentials(Text::new(
                "The broker does not accept this user name and password.",
                "Der Broker nimmt diesen Benutzernamen und dieses Passwort nicht an.",
            ))
        }
        other => WireError::Refused(Text::owned(
            format!("The broker lets nobody in: {other:?}"),
            format!("Der Broker lässt niemanden ein: {other:?}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::mqttbytes::v4::Publish;

    use super::*;

    fn bytes(packet: &Packet, most: usize) -> BytesMut {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, most).unwrap();
        bytes
    }

    #[test]
    fn what_is_too_large_is_skipped_but_can_be_acknowledged() {
        let mut large = Publish::new("cam/1", QoS::AtLeastOnce, vec![7; LARGEST + 1]);
        large.pkid = 42;
        let mut stream = bytes(&Packet::Publish(large), usize::MAX);
        stream.extend_from_slice(&bytes(&Packet::PingResp, 100));
        let (mut packets, mut buffer, mut seen) = (Packets::default(), BytesMut::new(), Vec::new());
        for piece in stream.chunks(100_000) {
            buffer.extend_from_slice(piece);
            while let Some(arrived) = packets.decode(&mut buffer).unwrap() {
                seen.push(arrived);
            }
            assert!(buffer.len() < 200_000, "nothing large is kept");
        }
        assert!(
            matches!(&seen[..], [
            Arrived::TooLarge { topic, qos: QoS::AtLeastOnce, pkid: 42 },
            Arrived::Packet(Packet::PingResp),
        ] if topic == "cam/1"),
            "{seen:?}"
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_broker_sends_does_no_harm(stream: Vec<u8>, at in 0usize..50) {
            let (mut packets, mut buffer) = (Packets::default(), BytesMut::new());
            for piece in [&stream[..at.min(stream.len())], &stream[at.min(stream.len())..]] {
                buffer.extend_from_slice(piece);
                while let Ok(Some(_)) = packets.decode(&mut buffer) {}
            }
        }
    }
}
