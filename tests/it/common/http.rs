//! A small HTTP/1.1 server for scripts that send requests. A closure answers each request: correctly, wrongly, late, or
//! not in HTTP at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The fields of a form, decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        let decoded = |text: &str| {
            let mut bytes = Vec::new();
            let mut rest = text.bytes();
            while let Some(byte) = rest.next() {
                bytes.push(match byte {
                    b'%' => {
                        let digits: Vec<u8> = rest.by_ref().take(2).collect();
                        u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).expect("two digits")
                    }
                    b'+' => b' ',
                    byte => byte,
                });
            }
            String::from_utf8(bytes).expect("a field is UTF-8")
        };
        let pairs = self.text().split('&').map(|pair| pair.split_once('=').expect("a field has a value"));
        pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The time until the answer.
    pub delay: Duration,
    /// Bytes that are sent in place of everything else.
    pub raw: Option<Vec<u8>>,
}

impl Answer {
    pub fn status(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO, raw: None }
    }

    pub fn text(text: impl Into<Vec<u8>>) -> Answer {
        Answer { body: text.into(), ..Answer::status(200) }
    }

    pub fn json(value: serde_json::Value) -> Answer {
        Answer::text(value.to_string())
    }

    /// Bytes that need not be HTTP.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Answer {
        Answer { raw: Some(bytes.into()), ..Answer::status(200) }
    }

    /// An answer that never comes.
    pub fn never() -> Answer {
        Answer { delay: Duration::MAX, ..Answer::status(200) }
    }
}

/// A server on a port of its own, until it is dropped.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn new(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (answer, seen, stop) = (Arc::new(answer), requests.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, seen) = (answer.clone(), seen.clone());
                // A client that disconnects does not fail the test.
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, &*answer, &seen)));
            }
        });
        Server { address, requests, over, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The received requests.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The method and the path of each received request.
    pub fn asked(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address that no server listens on.
pub fn unused_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn serve(
    stream: TcpStream,
    answer: &dyn Fn(&Request) -> Answer,
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    // A limit for clients that never send a request. It is far above the time that any machine needs.
    stream.set_read_timeout(Some(Duration::from_secs(600)))?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(()) };
    let mut request =
        Request { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => request.headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    if request.header("expect").is_some() {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    seen.lock().unwrap().push(request.clone());

    let answer = answer(&request);
    std::thread::sleep(answer.delay);
    let bytes = answer.raw.unwrap_or_else(|| {
        let mut bytes = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", answer.status).into_bytes();
        for (name, value) in &answer.headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        if answer.status != 204 {
            bytes.extend(format!("Content-Length: {}\r\n", answer.body.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(answer.body);
        bytes
    });
    writer.write_all(&bytes)
}
