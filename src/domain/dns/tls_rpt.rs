//! TLS-RPT (RFC 8460), judged: where others report that they could not reach the domain's mail servers by TLS.

use super::answers::{Answers, Looked};
use super::report::{Check, Finding, Verdict};
use super::subject::Subject;
use super::tags;

/// Everything about TLS-RPT.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let name = format!("_smtp._tls.{}", subject.domain);
    let finding = |verdict, found: String| Finding::new(Check::TlsRpt, verdict, found);
    let texts = match answers.texts(&name)? {
        Looked::Found(texts) => texts,
        Looked::Nothing { .. } => {
            let found = "No reports about TLS are asked for; they are about mail to the domain.";
            return Some(vec![finding(Verdict::NotApplicable, found.to_owned())]);
        }
        Looked::Failed(why) => {
            let found = format!("The record at {name} is not known: {why}.");
            return Some(vec![finding(Verdict::Unknown, found)]);
        }
    };
    let records: Vec<&String> = texts
        .iter()
        .filter(|text| text.starts_with("v=TLSRPTv1"))
        .collect();
    let show = |finding: Finding| {
        texts
            .iter()
            .fold(finding, |finding, text| finding.seen(text))
    };
    let broken = |found: String| {
        show(finding(Verdict::Warn, found))
            .fix("Publish one record.")
            .publish(
                &name,
                "TXT",
                format!("v=TLSRPTv1; rua=mailto:tls-reports@{}", subject.domain),
            )
    };
    Some(vec![match records.as_slice() {
        [one] => match addresses(one) {
            Some(rua) => show(finding(
                Verdict::Ok,
                format!("Reports about TLS go to {rua}."),
            )),
            None => broken(format!(
                "The record at {name} names no mailto: or https: address in rua=."
            )),
        },
        many => broken(format!(
            "There are {} TLS-RPT records at {name}.",
            many.len()
        )),
    }])
}

fn addresses(text: &str) -> Option<String> {
    let list = tags::read(text)?;
    let rua = tags::get(&list, "rua")?;
    let fits = |address: &str| {
        let address = address.trim();
        ["mailto:", "https://"].iter().any(|scheme| {
            address
                .strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        })
    };
    rua.split(',').all(fits).then(|| rua.to_owned())
}
