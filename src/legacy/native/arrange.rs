//! Lists of parts: in the order that is wanted, with as few changes as that takes.

use uuid::Uuid;

use crate::legacy::{
    meaning::places as places_of,
    text::{Item, List, Node, Object},
};

/// The list under a key; it is made if something has to go into it.
pub(super) fn list_of<'o, 'a>(
    object: &'o mut Object<'a>,
    key: &str,
    needed: bool,
) -> Result<Option<&'o mut List<'a>>, String> {
    if needed && !object.has(key) {
        object.set(key, Node::List(List::default()));
    }
    match object.get_mut(key) {
        Some(Node::List(list)) => Ok(Some(list)),
        Some(Node::Null) | None => Ok(None),
        Some(_) if !needed => Ok(None),
        Some(other) => Err(format!("`{key}` is {}, not a list", other.noun())),
    }
}

/// The items in the order that is wanted. Those that could not be taken stay; those that were and are no
/// longer wanted go. Each comes with its former place and what it is to be.
pub(super) fn arrange<'a, 'r, T>(
    items: Vec<Item<'a>>,
    known: &[Option<Uuid>],
    wanted: &[&'r T],
    id: impl Fn(&T) -> Uuid,
) -> Vec<(Item<'a>, Option<usize>, Option<&'r T>)> {
    let find = |at: usize| {
        let known = known.get(at).copied().flatten()?;
        wanted.iter().position(|it| id(it) == known)
    };
    let mut slots: Vec<Option<(Item, usize)>> = (0..wanted.len()).map(|_| None).collect();
    // What stays where it is follows the wanted item before it.
    let mut stays: Vec<(Option<usize>, Item, usize)> = Vec::new();
    let mut last = None;
    for (at, item) in items.into_iter().enumerate() {
        match (known.get(at).copied().flatten(), find(at)) {
            (Some(_), Some(place)) => {
                slots[place] = Some((item, at));
                last = Some(place);
            }
            (Some(_), None) => {}
            (None, _) => stays.push((last, item, at)),
        }
    }
    let mut arranged = Vec::new();
    let mut keep = |after: Option<usize>, arranged: &mut Vec<_>| {
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut stays)
            .into_iter()
            .partition(|it| it.0 == after);
        stays = later;
        arranged.extend(now.into_iter().map(|(_, item, at)| (item, Some(at), None)));
    };
    keep(None, &mut arranged);
    for (place, slot) in slots.into_iter().enumerate() {
        let (item, from) = match slot {
            Some((item, at)) => (item, Some(at)),
            None => (Item::new(Node::Object(Object::default())), None),
        };
        arranged.push((item, from, wanted.get(place).copied()));
        keep(Some(place), &mut arranged);
    }
    arranged
}

/// Numbers the items as they have to be, unless their own numbers say so already.
pub(super) fn number_items<T>(list: &mut List, places: &[T], index: impl Fn(&T) -> Option<i32>) {
    let wanted: Vec<Option<i32>> = places.iter().map(index).collect();
    let orders = list
        .items
        .iter()
        .zip(&wanted)
        .filter(|(_, wanted)| wanted.is_some());
    let own = |item: &Item| match &item.node {
        Node::Object(object) => object
            .get("order")
            .and_then(|order| order.value().as_i64()?.try_into().ok()),
        _ => None,
    };
    let own: Vec<Option<i32>> = orders.map(|(item, _)| own(item)).collect();
    let plain: Vec<i32> = wanted.iter().flatten().copied().collect();
    if places_of(&own) == plain {
        return;
    }
    for (item, wanted) in list.items.iter_mut().zip(wanted) {
        if let (Node::Object(object), Some(index)) = (&mut item.node, wanted) {
            object.set("order", (&serde_json::Value::from(index)).into());
        }
    }
}
