//! What the script makes of a step: instead of it, or of its reply.

use super::{Next, Session, Step, end, step};
use crate::domain::smtp::faults::{Act, Deed};
use crate::server::smtp::sandbox::reply::Reply;

impl Session {
    /// Carries a step out as the deed has it; `apply` is how it goes where nothing goes wrong.
    pub(super) fn obey(
        &mut self,
        deed: Deed,
        apply: impl FnOnce(&mut Self, &Deed) -> Step,
    ) -> Step {
        let mut step = match instead(&deed) {
            Some(step) => step,
            None => {
                let step = apply(self, &deed);
                touched(step, deed.act.as_ref())
            }
        };
        step.wait = deed.delay;
        step.fired = deed.fired;
        step
    }
}

/// What happens in place of the step; none where the step happens.
pub(super) fn instead(deed: &Deed) -> Option<Step> {
    let next = |next| Step {
        next,
        ..step(Reply::nothing())
    };
    match deed.act.as_ref()? {
        Act::Reply { code, lines } if *code >= 400 => {
            let reply = scripted(*code, lines);
            // RFC 5321 3.8: 421 says that the channel is being closed.
            Some(if *code == 421 {
                end(reply)
            } else {
                step(reply)
            })
        }
        Act::Raw(line) => Some(step(Reply::raw(vec![line.clone()]))),
        Act::Close => Some(next(Next::Close)),
        Act::Reset => Some(next(Next::Reset)),
        Act::Silent => Some(next(Next::Silence)),
        _ => None,
    }
}

/// The step as it went, with what the script adds to one that succeeded.
pub(super) fn touched(mut step: Step, act: Option<&Act>) -> Step {
    if step.reply.is_refusal() {
        return step;
    }
    match act {
        Some(Act::Reply { code, lines }) => step.reply = scripted(*code, lines),
        Some(Act::CloseInMessage) if step.next == Next::Data => step.next = Next::Close,
        Some(Act::Inject) if step.next == Next::Tls => {
            let lines = [
                "220 2.0.0 Go ahead",
                "250 2.0.0 Put here by somebody on the way",
            ];
            step.reply = Reply::raw(lines.map(str::to_owned).to_vec());
        }
        _ => {}
    }
    step
}

fn scripted(code: u16, lines: &[String]) -> Reply {
    Reply::lines(code, lines.iter().cloned().map(Into::into).collect())
}
