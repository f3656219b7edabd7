//! A message's checks over HTTP: its score, its links, its headers, and what mail programs do not support.

use postern::domain::mail::MailKind;
use postern::domain::time::Timestamp;
use postern::server::config::{Sources, load};
use postern::server::mail::preview::write_all;
use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::support::{House, within};

const BAD: &str = "From: a@b.example\r\nSubject: BUY NOW AND HERE\r\nX-Odd: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n\
    <p style=\"display:flex\"><a href=\"http://192.0.2.7/?token=abcdefgh\">https://id.example.org/</a>\
    <a href=\"javascript:alert(1)\">x</a><img src=https://t.example/p.gif><script>alert('</script>')</script>";

async fn get(house: &House, path: &str) -> (StatusCode, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = within(client.get(house.url(path)).send()).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn checks(house: &House, id: &str) -> Value {
    let (status, body) = get(house, &format!("/dev/mailbox/api/messages/{id}/checks")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn a_bad_mail_is_told_what_is_bad() {
    let mut house = House::new().await;
    let id = house.send(BAD).await.id.clone();
    let found = checks(&house, &id).await;
    assert_eq!(found["score"], 0);
    let costly = |id: &str| {
        let rules = found["rules"].as_array().unwrap();
        rules
            .iter()
            .any(|rule| rule["id"] == id && rule["cost"].as_u64() > Some(0))
    };
    for id in [
        "subject_calm",
        "to",
        "date",
        "message_id",
        "text_part",
        "alt",
        "remote",
        "active",
        "links_sound",
        "links_safe",
    ] {
        assert!(costly(id), "{id}: {found}");
    }
    assert!(!costly("from") && !costly("size"), "{found}");
    let link = &found["links"][0];
    assert_eq!(link["shown"], "https://id.example.org/");
    for finding in [
        "shows_another_host",
        "address_as_host",
        "token_in_query",
        "plain_http",
        "other_host",
    ] {
        assert!(
            link["findings"]
                .as_array()
                .unwrap()
                .contains(&finding.into()),
            "{finding}: {link}"
        );
    }
    let flex = found["features"]
        .as_array()
        .unwrap()
        .iter()
        .find(|feature| feature["name"] == "display:flex");
    assert!(
        flex.unwrap()["missing_in"]
            .as_array()
            .unwrap()
            .contains(&"Outlook (Windows)".into())
    );
    let odd = found["headers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|header| header["name"] == "X-Odd")
        .unwrap();
    assert_eq!(odd["known"], false);

    let (status, page) = get(&house, &format!("/dev/mailbox/{id}?view=checks")).await;
    assert_eq!(status, StatusCode::OK);
    for part in [
        "0 of 10 points",
        "aria-current=\"page\">Checks",
        "Its words show another host",
        "A private header",
        "caniemail.com",
        "points",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    assert!(
        !page.contains("href=\"javascript:") && !page.contains("href=\"http://192.0.2.7"),
        "a link that is judged cannot be clicked"
    );
    assert!(
        !page.contains("src=\"https://t.example") && !page.contains("<script>alert"),
        "{page}"
    );
}

#[tokio::test]
async fn a_message_that_is_gone_has_no_checks_and_a_broken_one_has_some() {
    let mut house = House::new().await;
    let (status, _) = get(&house, "/dev/mailbox/api/messages/nothing/checks").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for source in [
        "",
        "\u{1}\u{2}",
        "Content-Type: text/html\r\n\r\n<<<>><a href=><a href='\u{202e}'><style>{{{",
    ] {
        let id = house.send(source).await.id.clone();
        assert!(
            checks(&house, &id).await["score"].as_u64() < Some(5),
            "{source}"
        );
    }
}

/// Every mail of ours, built as it is sent, with the settings as they are out of the box.
#[tokio::test]
async fn our_own_mails_have_ten_points() {
    let mut house = House::new().await;
    let folder = std::env::temp_dir().join(format!("postern-checks-{}", std::process::id()));
    let (config, _) = load(&Sources::default()).unwrap();
    write_all(&folder, &config, Timestamp::from_millis(1_795_329_117_250)).unwrap();
    for kind in MailKind::ALL {
        let source = std::fs::read_to_string(folder.join(format!("{}.eml", kind.name()))).unwrap();
        let source = source.replace("\r\n.", "\r\n..");
        let id = house.send(source.trim_end()).await.id.clone();
        let found = checks(&house, &id).await;
        let rules = found["rules"].as_array().unwrap();
        let costly: Vec<_> = rules.iter().filter(|rule| rule["cost"] != 0).collect();
        assert_eq!(found["score"], 10, "{}: {costly:?}", kind.name());
        assert!(rules.len() >= 18, "both bodies were judged");
        let headers = found["headers"].as_array().unwrap();
        let unknown: Vec<_> = headers
            .iter()
            .filter(|header| header["known"] == false)
            .collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", kind.name());
        let links = found["links"].as_array().unwrap();
        let foreign = links.iter().find(|link| {
            link["findings"]
                .as_array()
                .unwrap()
                .contains(&"other_host".into())
        });
        assert!(foreign.is_none(), "{}: {foreign:?}", kind.name());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
