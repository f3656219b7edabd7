//! What a mail server says is shown to an operator as words, wherever it stands on the page.

use crate::console::{form, manned, run, typed};
use crate::support::{Relay, Reply};

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_words_never_become_markup() {
    const WORDS: &str = "550 5.1.1 </textarea></pre><b id=\"mine\">gone</b><img src=x>&lt;i&gt;";
    let (_house, olga) = manned(&[("console.probe_allow", "127.0.0.1")]).await;
    let relay = Relay::start(&[Reply::Mail(WORDS)]).await;
    let asked = typed(form(&olga).await, "127.0.0.1", relay.port, "rcpt")
        .fill("to", "somebody@example.org");
    let (path, page) = run(&olga, &asked).await;
    assert!(
        page.text(".evidence").contains("</textarea>"),
        "{}",
        page.body
    );
    let views = [
        "",
        "lines",
        "certificate",
        "capabilities",
        "history",
        "report",
    ];
    for view in views {
        let page = olga.get(&format!("{path}?view={view}")).await;
        assert_eq!(page.status, 200, "{view}");
        assert!(page.body.contains("&lt;/textarea"), "{view} shows them");
        assert!(!page.body.contains("<b id"), "{view}: {}", page.body);
        assert!(!page.body.contains("<img src=x"), "{view}: {}", page.body);
    }
    let report = olga.get(&format!("{path}?view=report")).await;
    assert!(
        report.text("#report").contains("<b id=\"mine\">gone</b>"),
        "the report is whole: {}",
        report.text("#report")
    );
}
