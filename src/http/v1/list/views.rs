//! The views that were looked at last, kept for the next look.
//!
//! A view holds the rows of its picture, so it goes when nobody has looked at it for a while.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::view::{Asked, View};
use super::{Facet, Order, Sort};
use crate::engine::Snapshot;

/// How long a view is kept that nobody looks at.
const LIFETIME: Duration = Duration::from_secs(30);

/// Views that are kept; one of 50,000 torrents takes 400 KB.
const MOST: usize = 16;

/// What tells views apart. Which server they are of does not matter: a view follows to whatever picture it is shown.
#[derive(PartialEq, Eq)]
struct Name {
    filter: String,
    sort: Sort,
    order: Order,
    facets: Vec<Facet>,
    /// The only categories that exist for the client.
    categories: Option<Arc<[String]>>,
}

struct Kept {
    name: Name,
    used: Instant,
    /// Empty while somebody makes it, and after a panic of somebody who changed it.
    view: Arc<Mutex<Option<View>>>,
}

static KEPT: LazyLock<Mutex<Vec<Kept>>> = LazyLock::new(Mutex::default);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at a list as a picture shows it. Without a name for its filter the view is not kept.
pub(super) fn with<T>(
    snapshot: &Arc<Snapshot>,
    asked: &Asked<'_>,
    facets: &[Facet],
    filter: Option<&str>,
    look: impl FnOnce(&View) -> T,
) -> T {
    let Some(filter) = filter else { return look(&View::of(snapshot, asked, facets)) };
    let slot = slot(Name {
        filter: filter.to_owned(),
        sort: asked.sort,
        order: asked.order,
        facets: facets.to_vec(),
        categories: asked.principal.categories.clone(),
    });
    let mut slot = lock(&slot);
    let view = match slot.take() {
        Some(mut view) => {
            view.advance(snapshot, asked);
            view
        }
        None => View::of(snapshot, asked, facets),
    };
    look(slot.insert(view))
}

fn slot(name: Name) -> Arc<Mutex<Option<View>>> {
    let now = Instant::now();
    let mut kept = lock(&KEPT);
    if let Some(found) = kept.iter_mut().find(|kept| kept.name == name) {
        found.used = now;
        return Arc::clone(&found.view);
    }
    if kept.is_empty()
        && let Ok(runtime) = Handle::try_current()
    {
        runtime.spawn(sweep());
    }
    if kept.len() >= MOST
        && let Some(oldest) = (0..kept.len()).min_by_key(|at| kept[*at].used)
    {
        kept.swap_remove(oldest);
    }
    let view = Arc::default();
    kept.push(Kept { name, used: now, view: Arc::clone(&view) });
    view
}

/// Drops views until none is left.
async fn sweep() {
    loop {
        tokio::time::sleep(LIFETIME).await;
        let mut kept = lock(&KEPT);
        kept.retain(|kept| kept.used.elapsed() < LIFETIME);
        if kept.is_empty() {
            return;
        }
    }
}
