use serde_json::json;

use super::*;

/// Numbers of keys of the real servers.
const COUNTS: [(Level, usize); 3] = [(Level::L45, 174), (Level::L51, 221), (Level::L53, 241)];

/// Applies what a client wrote, leaving out what is refused, as the settings do.
fn written(profile: &Profile, level: Level, json: &Value) -> Profile {
    let mut profile = profile.clone();
    let written = write(&json.to_string(), level, &profile);
    for key in keys::rows().map(|row| row.key) {
        if let Some(value) = written.patch.get(key) {
            let _ = profile.set(key, value);
        }
    }
    profile
}

fn after(level: Level, json: &Value) -> Map<String, Value> {
    read(&written(&Profile::default(), level, json), level)
}

#[test]
fn each_level_has_as_many_keys_as_the_real_server() {
    for (level, count) in COUNTS {
        assert_eq!(read(&Profile::default(), level).len(), count, "{level:?}");
    }
}

#[test]
fn keys_are_alphabetical_and_unique_per_level() {
    for level in Level::ALL {
        let rows = table().filter(|row| row.is_at(level) && row.key != "web_ui_password").count();
        let keys: Vec<String> =
            read(&Profile::default(), level).into_iter().map(|(key, _)| key).collect();

        assert_eq!(keys.len(), rows);
        // QMap orders by UTF-16, like this.
        assert!(keys.is_sorted());
    }
}

#[test]
fn writing_back_what_was_read_changes_nothing() {
    for level in Level::ALL {
        let profile = Profile::default();

        let written = write(&Value::Object(read(&profile, level)).to_string(), level, &profile);

        assert!(written.patch.is_empty(), "{level:?} {:?}", written.patch);
        assert!(written.refusal.is_none() && written.password.is_none());
    }
}

#[test]
fn nonsense_is_accepted_and_changes_nothing() {
    for json in ["", "[1]", "nonsense", "{\"no_such_key\":1}", "null", "{"] {
        let written = write(json, Level::L51, &Profile::default());

        assert!(written.patch.is_empty() && written.refusal.is_none(), "{json}");
    }
}

#[test]
fn values_are_taken_as_the_reference_takes_them() {
    let cases = [
        ("max_connec", json!(0), json!(-1)),
        ("max_connec", json!(" 7 "), json!(7)),
        ("max_connec", json!(2_147_483_648_i64), json!(-1)),
        ("max_active_downloads", json!(-5), json!(-1)),
        ("max_active_downloads", json!(0), json!(0)),
        ("dl_limit", json!(300), json!(1024)),
        ("dl_limit", json!(100_000), json!(99_328)),
        ("dl_limit", json!(-5), json!(0)),
        ("async_io_threads", json!(100_000), json!(1024)),
        ("refresh_interval", json!(3000.4), json!(3000)),
        ("dht", json!("false"), json!(false)),
        ("lsd", json!(1), json!(true)),
        ("proxy_type", json!("SOCKS5"), json!("SOCKS5")),
        ("proxy_type", json!("HTTPS"), json!("None")),
        ("proxy_port", json!("5"), json!(5)),
        ("torrent_content_layout", json!("Subfolder"), json!("Subfolder")),
        ("torrent_content_remove_option", json!("x"), json!("MoveToTrash")),
        ("max_ratio_act", json!(3), json!(3)),
        ("max_ratio_act", json!(9), json!(0)),
        ("scheduler_days", json!(9), json!(9)),
        ("banned_IPs", json!("1.2.3.4\nbad\n ::1\n"), json!("1.2.3.4\n::1")),
        (
            "bypass_auth_subnet_whitelist",
            json!("10.0.0.0/8,::1, bad\n1.2.3.4"),
            json!("10.0.0.0/8\n::1/128\n1.2.3.4/32"),
        ),
        ("excluded_file_names", json!("a\n b \n\nb\n"), json!("a\n b \n\nb\n")),
        ("web_ui_domain_list", json!(" a.b ; c,d\ne"), json!(" a.b ; c,d\ne")),
        ("autorun_program", json!("  prog %N  "), json!("prog %N")),
        ("announce_ip", json!("abc"), json!("")),
        ("export_dir", json!("/tmp/x/"), json!("/tmp/x")),
        ("save_path", json!("/tmp/x/../y/"), json!("/tmp/y")),
        (
            "bypass_auth_subnet_whitelist",
            json!("10/8,192.168,5.,1.2.3.4/255.255.0.0,010.1.1.1,1.2.3.4.5,1.+2,1/33"),
            json!("10.0.0.0/8\n192.168.0.0/16\n5.0.0.0/8\n1.2.0.0/16\n10.1.1.1/32"),
        ),
        ("scan_dirs", json!({"/w": 0, "rel": 0}), json!({"/w": 0})),
        ("disk_cache", json!("64"), json!(64)),
        ("confirm_torrent_deletion", json!(false), json!(false)),
        // Where upstream stores what cannot work, the old value stays.
        ("listen_port", json!(70_000), json!(0)),
        ("encryption", json!(7), json!(0)),
        ("web_ui_port", json!(0), json!(8080)),
    ];
    for (key, value, expected) in cases {
        assert_eq!(after(Level::L51, &json!({ key: value }))[key], expected, "{key} {value}");
    }
}

#[test]
fn share_limits_depend_on_their_switch() {
    let mut set = Profile::default();
    set.share.max_ratio = Some(2.0);
    let cases = [
        (Level::L51, json!({"max_ratio_enabled": false, "max_ratio": 3}), None),
        (Level::L51, json!({"max_ratio_enabled": true, "max_ratio": "1.5"}), Some(1.5)),
        (Level::L51, json!({"max_ratio_enabled": true}), Some(0.0)),
        (Level::L51, json!({"max_ratio": 3}), Some(2.0)),
        (Level::L51, json!({"max_ratio_enabled": true, "max_ratio": -5}), None),
        (Level::L53, json!({"max_ratio_enabled": true}), Some(2.0)),
        (Level::L53, json!({"max_ratio": 3.5}), Some(3.5)),
        (Level::L53, json!({"max_ratio_enabled": false, "max_ratio": 3.5}), None),
    ];
    for (level, json, expected) in cases {
        assert_eq!(written(&set, level, &json).share.max_ratio, expected, "{level:?} {json}");
    }
}

#[test]
fn times_are_written_in_pairs() {
    let alone = after(Level::L51, &json!({"schedule_from_hour": 3}));
    let pair = after(Level::L51, &json!({"schedule_from_hour": 3, "schedule_from_min": 15}));
    let wrong = after(Level::L51, &json!({"schedule_from_hour": 24, "schedule_from_min": 15}));

    assert_eq!((&alone["schedule_from_hour"], &alone["schedule_from_min"]), (&json!(8), &json!(0)));
    assert_eq!((&pair["schedule_from_hour"], &pair["schedule_from_min"]), (&json!(3), &json!(15)));
    assert_eq!(wrong["schedule_from_hour"], json!(8));
}

#[test]
fn a_random_port_wins() {
    let mut profile = Profile::default();
    profile.connection.listen_port = 6881;

    let json = json!({"random_port": true, "listen_port": 5000});

    assert_eq!(written(&profile, Level::L51, &json).connection.listen_port, 0);
}

#[test]
fn secrets_read_as_empty_and_survive_being_written_back() {
    let secret = written(&Profile::default(), Level::L51, &json!({"proxy_password": "geheim"}));
    let again = written(&secret, Level::L51, &json!({"proxy_password": ""}));

    assert_eq!(again.proxy.password.reveal(), "geheim");
    assert_eq!(read(&again, Level::L51)["proxy_password"], json!(""));
}

#[test]
fn the_proxy_of_old_clients_is_a_number() {
    let profile = written(&Profile::default(), Level::L45, &json!({"proxy_type": 4}));

    assert_eq!(read(&profile, Level::L45)["proxy_type"], json!(4));
    assert_eq!(read(&profile, Level::L51)["proxy_type"], json!("SOCKS5"));
    assert_eq!(read(&profile, Level::L51)["proxy_auth_enabled"], json!(true));
}

#[test]
fn user_and_password_are_checked_at_the_newest_level_alone() {
    let cases = [
        ("web_ui_username", "ab", "WebUI username must be at least 3 characters long"),
        ("web_ui_username", "a:bc", "WebUI username cannot contain a colon"),
        ("web_ui_password", "12345", "WebUI password must be at least 6 characters long"),
    ];
    for (key, value, text) in cases {
        let json = json!({ key: value, "dht": false, "request_queue_size": 7 }).to_string();

        let newest = write(&json, Level::L53, &Profile::default());
        let older = write(&json, Level::L51, &Profile::default());

        let refusal = newest.refusal.expect("refused");
        let super::super::reply::Body::Whole(body) = refusal.body else { panic!("whole") };
        assert_eq!((refusal.status.as_u16(), &body[..]), (400, text.as_bytes()));
        assert!(newest.patch.contains("bittorrent.dht"));
        assert!(!newest.patch.contains("bittorrent.request_queue_size"));
        assert!(older.refusal.is_none());
    }
}

#[test]
fn the_password_is_handed_over_in_clear_and_never_put_into_the_patch() {
    let written = write("{\"web_ui_password\":\"geheim1\"}", Level::L53, &Profile::default());

    assert_eq!(written.password.as_deref(), Some("geheim1"));
    assert!(written.patch.is_empty());
}
