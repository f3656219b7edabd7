//! The body of an answer, which tells the connection's watch when some of it was taken and when it is over.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::activity::{Activity, Answering};
use super::clients::Place;

/// The pages, for one connection.
pub struct Pages {
    pub pages: Router,
    pub peer: SocketAddr,
    pub activity: Activity,
}

impl Service<Request<Incoming>> for Pages {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let handling = self.activity.request();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        // HTTP/2 says the host beside the path (RFC 9113 8.3.1); handlers look for it in one place.
        if let Some(authority) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
            && request.version() == axum::http::Version::HTTP_2
        {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        let answer = TowerToHyperService::new(self.pages.clone()).call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            // What takes nothing of its answer keeps its place among its client's requests.
            let place = answer.extensions_mut().remove::<Arc<Place>>();
            let answering = handling.answer();
            Ok(answer.map(|body| Answer {
                body,
                answering,
                _place: place,
            }))
        })
    }
}

/// The body of an answer.
pub struct Answer {
    body: Body,
    answering: Answering,
    _place: Option<Arc<Place>>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        if frame.is_ready() {
            this.answering.went_on();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
