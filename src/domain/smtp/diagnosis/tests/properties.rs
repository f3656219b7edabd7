//! Any evidence has exactly one meaning, and the first digit's word about trying again is kept.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Next, TABLE, diagnose, wait_hint};
use super::{fixtures, json};
use crate::domain::smtp::evidence::{Evidence, Fault, What};
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::step::Step;

fn judged_well(evidence: &Evidence) {
    let diagnosis = diagnose(evidence);
    let rows = TABLE.iter().filter(|row| row.id == diagnosis.id()).count();
    assert_eq!(rows, 1, "{evidence}");
    assert_eq!(diagnose(evidence), diagnosis, "{evidence}");
    let What::Reply(reply) = &evidence.what else {
        return assert_eq!(diagnosis.next, diagnosis.row.next);
    };
    if diagnosis.row.next == Next::Hold {
        assert_eq!(diagnosis.next, Next::Hold, "{evidence}");
    } else if reply.is_transient() {
        assert_ne!(diagnosis.next, Next::Never, "{evidence}");
    } else if reply.code >= 500 {
        assert_eq!(diagnosis.next, Next::Never, "{evidence}");
    }
}

/// The basic codes that some row or standard names, and one that none does in each group.
const CODES: [u16; 29] = [
    421, 432, 450, 451, 452, 454, 455, 499, 500, 501, 502, 503, 504, 521, 523, 525, 530, 534, 535,
    538, 541, 550, 551, 552, 553, 554, 555, 556, 599,
];

/// Without words, where codes alone decide: all codes, and with each that is named all enhanced codes that are registered or have
/// been seen.
#[test]
fn every_code_at_every_step_has_one_meaning() {
    for step in Step::ALL {
        for code in 200..=599 {
            judged_well(&Evidence::reply(
                step,
                Reply::new(code, vec![String::new()]),
            ));
        }
        for code in CODES {
            for subject in 0..=8 {
                for detail in (0..=65).chain([139, 252, 509, 515, 705, 999]) {
                    let line = format!("{}.{subject}.{detail} no", code / 100);
                    judged_well(&Evidence::reply(step, Reply::new(code, vec![line])));
                }
            }
        }
    }
}

#[test]
fn every_fault_at_every_step_has_one_meaning() {
    let kinds = fixtures()
        .into_iter()
        .filter_map(|fixture| match fixture.evidence.what {
            What::Fault(fault) => Some(fault),
            What::Reply(_) => None,
        });
    let mut seen = 0;
    for fault in kinds {
        for step in Step::ALL {
            judged_well(&Evidence::fault(step, fault.clone()));
        }
        seen += 1;
    }
    assert!(seen > 40, "the fixtures hold every kind of fault");
}

/// Codes outside of what SMTP knows come from nowhere, and still mean something.
#[test]
fn impossible_codes_have_a_meaning_too() {
    for code in [0, 1, 99, 100, 199, 600, 999, u16::MAX] {
        for step in Step::ALL {
            judged_well(&Evidence::reply(step, Reply::new(code, Vec::new())));
        }
    }
}

/// Real wording, cut and joined at random, among letters of any script.
fn text() -> impl Strategy<Value = String> {
    let real: Vec<String> = fixtures()
        .into_iter()
        .filter_map(|fixture| match fixture.evidence.what {
            What::Reply(reply) => Some(reply.text()),
            What::Fault(_) => None,
        })
        .collect();
    prop_oneof![
        select(real.clone()),
        (select(real), any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let at = text.floor_char_boundary(at.index(text.len()));
            format!("{}İß 漢 again in {}", &text[at..], &text[..at])
        }),
        any::<String>(),
        "[ -~]{0,200}",
        "(5\\.7\\.1 )?.{0,40}(again|retry) (in|after) [0-9:]{0,9} ?(s|min|hours)?",
        "x{2000,2100}ß{0,60}",
    ]
}

proptest! {
    #[test]
    fn any_reply_has_one_meaning(
        step in select(Step::ALL.to_vec()),
        code in 200_u16..=599,
        enhanced in option::of((select(vec![2, 4, 5]), 0_u16..=999, 0_u16..=999)),
        mut lines in vec(text(), 0..4),
    ) {
        if let (Some((class, subject, detail)), Some(first)) = (enhanced, lines.first_mut()) {
            first.insert_str(0, &format!("{class}.{subject}.{detail} "));
        }
        let reply = Reply::new(code, lines);
        let wait = wait_hint(&reply);
        prop_assert!(wait.is_none_or(|wait| (1..=3600).contains(&wait.as_secs())));
        judged_well(&Evidence::reply(step, reply));
    }

    #[test]
    fn any_words_of_a_fault_have_one_meaning(
        step in select(Step::ALL.to_vec()),
        kind in select(vec!["foreign", "garbled", "forbidden", "unbuildable"]),
        said in text(),
    ) {
        let fault: Fault = json(&serde_json::json!({ kind: said }).to_string());
        judged_well(&Evidence::fault(step, fault));
    }
}
