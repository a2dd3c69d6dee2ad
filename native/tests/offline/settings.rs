use std::sync::Arc;

use revaer_native::{
    Alert, DiskBackend, Session, SessionOptions, Setting, Value, Waker, capabilities,
};

use crate::rig::Client;

#[test]
fn the_library_is_described() {
    let found = capabilities().unwrap();

    assert_eq!(found.version.split('.').count(), 4, "{}", found.version);
    assert!(found.version.starts_with("2.0."));
    assert!(found.boost_version.starts_with("1."));
    assert!(found.openssl_version.contains("SSL"));
}

#[test]
fn settings_are_applied_by_name_and_read_back() {
    let client = Client::new();

    client
        .session
        .apply(&[
            Setting::new("upload_rate_limit", Value::Int(12_345)),
            Setting::new("user_agent", Value::Text("Agent/1".to_owned())),
            Setting::new("anonymous_mode", Value::Bool(true)),
        ])
        .unwrap();

    let names = ["upload_rate_limit", "user_agent", "anonymous_mode"];
    let read = client.session.session_inspector().settings(&names).unwrap();
    let values: Vec<_> = read.into_iter().map(|setting| setting.value).collect();
    assert_eq!(values, [Value::Int(12_345), Value::Text("Agent/1".to_owned()), Value::Bool(true)]);
}

#[test]
fn unknown_dead_and_mistyped_settings_apply_nothing() {
    let client = Client::new();
    let refused = [
        Setting::new("no_such_setting", Value::Int(1)),
        Setting::new("cache_size", Value::Int(1)),
        Setting::new("max_rejects", Value::Int(1)),
        Setting::new("force_proxy", Value::Bool(true)),
        Setting::new("upload_rate_limit", Value::Bool(true)),
        Setting::new("enable_dht", Value::Int(1)),
        Setting::new("user_agent", Value::Int(1)),
    ];
    let before = client.session.session_inspector().settings(&["download_rate_limit"]).unwrap();

    for setting in refused {
        let name = setting.name.clone();
        let good = Setting::new("download_rate_limit", Value::Int(777));
        let error = client.session.apply(&[good, setting]).unwrap_err();
        assert!(error.message.contains(&name), "{error}");
    }

    let after = client.session.session_inspector().settings(&["download_rate_limit"]).unwrap();
    assert_eq!(before, after);
    assert!(client.session.session_inspector().settings(&["cache_size"]).is_err());
}

#[test]
fn plain_disk_io_maps_nothing_whatever_the_settings_say() {
    let names = ["mmap_file_size_cutoff", "disk_write_mode"];
    let eager = [Setting::new(names[0], Value::Int(0)), Setting::new(names[1], Value::Int(1))];
    let read = |client: &Client| client.session.session_inspector().settings(&names).unwrap();

    let pread = Client::with(&eager, DiskBackend::Pread);
    pread.session.apply(&eager).unwrap();
    assert_eq!(read(&pread)[0].value, Value::Int(i32::MAX));
    assert_eq!(read(&pread)[1].value, Value::Int(0));

    let mmap = Client::with(&eager, DiskBackend::Mmap);
    assert_eq!(read(&mmap), eager);
}

#[test]
fn statistics_come_in_the_order_asked_for() {
    let mut client = Client::new();
    assert!(client.session.set_stats_names(&["no.such_counter"]).is_err());
    client.session.set_stats_names(&["net.recv_payload_bytes", "net.sent_payload_bytes"]).unwrap();

    client.session.post_stats().unwrap();

    let counters = client.wait("statistics", |alert| match alert {
        Alert::SessionStats { counters } => Some(counters.clone()),
        _ => None,
    });
    assert_eq!(counters, [0, 0]);
}

#[test]
fn the_state_of_the_dht_survives_a_session() {
    let client = Client::new();
    let state = client.session.session_inspector().dht_state().unwrap();
    let options = SessionOptions { dht_state: state, ..SessionOptions::default() };
    let waker = || Waker(Arc::new(|| ()));
    let off: Vec<_> = ["enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp"]
        .map(|name| Setting::new(name, Value::Bool(false)))
        .into();
    Session::new(&off, &options, waker()).unwrap();

    let broken = SessionOptions { dht_state: b"broken".to_vec(), ..SessionOptions::default() };
    assert!(Session::new(&off, &broken, waker()).is_err());
}
