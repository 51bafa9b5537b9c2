//! Places in all feeds of a viewer at once, as clients hold them.

use std::sync::Arc;

use crate::{
    changes::{EVERYBODY, Entity, Place, Scope},
    error::{Error, Result},
    graphql::Cursor,
    viewer::UserId,
};

/// How far a viewer has come, and in which kinds of records. A cursor leads on among the kinds that it
/// has followed, or fewer of them: with others it would pass over what it never looked at.
#[derive(Clone, Debug)]
pub(super) struct SyncCursor {
    scope: Arc<Scope>,
    own: i64,
    library: i64,
}

type Values = (i64, i64, Option<Vec<Entity>>);

impl SyncCursor {
    pub(super) fn new(scope: Scope, places: &[Place]) -> Self {
        let mut cursor = Self {
            scope: Arc::new(scope),
            own: 0,
            library: 0,
        };
        cursor.advance_all(places);
        cursor
    }

    /// The cursor that a client sent back; without one the beginning of everything.
    pub(super) fn open(scope: Scope, text: Option<&str>) -> Result<Self> {
        let Some(text) = text else {
            return Ok(Self::new(scope, &[]));
        };
        let values: Option<Values> = Cursor::open(text, &list(scope.viewer));
        let (own, library, followed) = values.ok_or_else(|| {
            let message = "this cursor is damaged or somebody else's: start without one";
            Error::invalid("after", message)
        })?;
        let followed = Scope {
            viewer: scope.viewer,
            entities: followed,
        };
        if !covers(&followed, &scope) {
            let message = "this cursor has not followed all of these `entities`: ask for those it came with, or start without one";
            return Err(Error::invalid("after", message));
        }
        Ok(Self {
            scope: Arc::new(scope),
            own,
            library,
        })
    }

    pub(super) fn advance(&mut self, place: Place) {
        if place.owner == EVERYBODY {
            self.library = place.seq;
        } else {
            self.own = place.seq;
        }
    }

    pub(super) fn advance_all(&mut self, places: &[Place]) {
        for place in places {
            self.advance(*place);
        }
    }

    pub(super) fn places(&self) -> Vec<Place> {
        let place = |owner| Place {
            owner,
            seq: if owner == EVERYBODY {
                self.library
            } else {
                self.own
            },
        };
        self.scope.feeds().into_iter().map(place).collect()
    }

    pub(super) fn text(&self) -> String {
        let values: Values = (self.own, self.library, self.scope.entities.clone());
        Cursor::new(&list(self.scope.viewer), &values).text()
    }
}

fn list(viewer: UserId) -> String {
    format!("changes of {viewer}")
}

fn covers(followed: &Scope, wanted: &Scope) -> bool {
    match (&followed.entities, &wanted.entities) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(wanted)) => wanted.iter().all(|entity| followed.has(*entity)),
    }
}
