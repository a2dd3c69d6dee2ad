use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::auth::Scopes;
use crate::http::v1::filter::Filter;
use crate::http::v1::wire::State;
use crate::model::samples;
use crate::model::{Actor, Category, TorrentState};

/// What happens to a torrent between two pictures: it goes, or it is there with these numbers.
#[derive(Debug, Clone)]
enum Step {
    Gone(u8),
    Here { number: u8, uploaded: i64, state: TorrentState, category: &'static str },
}

fn step() -> impl Strategy<Value = Step> {
    let states = [TorrentState::StalledUp, TorrentState::Uploading, TorrentState::StalledDl];
    let state = prop::sample::select(states.to_vec());
    let category = prop::sample::select(vec!["", "films", "films/new", "music"]);
    prop_oneof![
        (0..40_u8).prop_map(Step::Gone),
        (0..40_u8, 0..6_i64, state, category).prop_map(|(number, uploaded, state, category)| {
            Step::Here { number, uploaded, state, category }
        }),
    ]
}

fn taken(snapshot: &Snapshot, steps: &[Step]) -> Arc<Snapshot> {
    let mut next = snapshot.clone();
    next.revision += 1;
    for step in steps {
        match *step {
            Step::Gone(number) => {
                next.torrents.remove(&TorrentId([number; 20]));
            }
            Step::Here { number, uploaded, state, category } => {
                let mut torrent = samples::torrent(number);
                torrent.status.uploaded = uploaded;
                torrent.status.state = state;
                Arc::make_mut(&mut torrent.options).category =
                    Some(category).filter(|name| !name.is_empty()).map(Into::into);
                next.torrents.insert(torrent.facts.id, Row(Arc::new(torrent)));
            }
        }
    }
    Arc::new(next)
}

fn principal(categories: Option<&[&str]>) -> Principal {
    let categories = categories.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    Principal { actor: Actor::System, scopes: Scopes::ALL, categories, key: None }
}

/// What a client can see of a view.
fn seen(view: &View) -> (Vec<(TorrentId, i64)>, Counts) {
    let part = view.part(0, usize::MAX);
    assert!(part.is_last);
    let rows = part.rows.iter().map(|row| (row.facts.id, row.status.uploaded)).collect();
    (rows, part.facets)
}

const FACETS: [Facet; 4] = [Facet::State, Facet::Category, Facet::Tag, Facet::Tracker];

proptest! {
    #[test]
    fn a_view_that_follows_is_as_one_made_anew(
        first in prop::collection::vec(step(), 0..60),
        then in prop::collection::vec(prop::collection::vec(step(), 0..12), 1..5),
        descending: bool,
        by_name: bool,
        of_some: bool,
        limited: bool,
        subcategories: bool,
    ) {
        let mut start = Snapshot::default();
        Arc::make_mut(&mut start.context).subcategories = subcategories;
        let mut snapshot = taken(&start, &first);
        let filter = Filter {
            state: if of_some { vec![State::StalledUploading] } else { Vec::new() },
            ..Filter::default()
        };
        let matcher = filter.of_query().unwrap_or_else(|problem| panic!("{}", problem.detail));
        let principal = principal(limited.then_some(&["films"]));
        let asked = Asked {
            matcher: &matcher,
            principal: &principal,
            sort: if by_name { Sort::Name } else { Sort::Uploaded },
            order: if descending { Order::Desc } else { Order::Asc },
        };
        let mut view = View::of(&snapshot, &asked, &FACETS);
        for steps in then {
            snapshot = taken(&snapshot, &steps);
            view.advance(&snapshot, &asked);

            prop_assert_eq!(seen(&view), seen(&View::of(&snapshot, &asked, &FACETS)));
        }
    }
}

#[test]
fn subcategories_that_come_to_count_are_noticed() {
    let here = |number, category| Step::Here {
        number,
        uploaded: 0,
        state: TorrentState::StalledUp,
        category,
    };
    let snapshot = taken(&Snapshot::default(), &[here(1, "films"), here(2, "films/new")]);
    let filter = Filter { category: vec!["films".to_owned()], ..Filter::default() };
    let matcher = filter.of_query().unwrap_or_else(|problem| panic!("{}", problem.detail));
    let principal = principal(None);
    let asked =
        Asked { matcher: &matcher, principal: &principal, sort: Sort::Id, order: Order::Asc };
    let mut view = View::of(&snapshot, &asked, &[]);
    assert_eq!(view.len(), 1);

    let mut next = Snapshot::clone(&snapshot);
    Arc::make_mut(&mut next.context).subcategories = true;
    view.advance(&Arc::new(next), &asked);

    assert!(Category::is_within("films/new", "films"));
    assert_eq!(view.len(), 2);
}
