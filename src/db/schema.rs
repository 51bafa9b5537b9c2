//! The tables, as `scripts/schema` printed them. Do not edit.

diesel::table! {
    change_heads (user_id) {
        user_id -> Uuid,
        seq -> Int8,
    }
}

diesel::table! {
    changes (user_id, seq) {
        user_id -> Uuid,
        seq -> Int8,
        entity -> Text,
        entity_id -> Uuid,
        op -> Text,
        version -> Int4,
        at -> Timestamptz,
        image -> Nullable<Jsonb>,
        mirrored_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    exercises (id) {
        id -> Uuid,
        owner_id -> Nullable<Uuid>,
        name -> Text,
        category -> Text,
        measurement -> Text,
        primary_muscles -> Array<Text>,
        secondary_muscles -> Array<Text>,
        equipment -> Array<Text>,
        level -> Nullable<Text>,
        unilateral -> Bool,
        bodyweight_factor -> Numeric,
        aliases -> Array<Text>,
        description -> Nullable<Text>,
        instructions -> Array<Text>,
        source -> Text,
        source_key -> Nullable<Text>,
        archived_at -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        search_text -> Text,
    }
}

diesel::table! {
    history (user_id, id) {
        user_id -> Uuid,
        id -> Uuid,
        workout_id -> Nullable<Uuid>,
        workout_name -> Nullable<Text>,
        performed_at -> Timestamptz,
        timezone -> Text,
        local_date -> Date,
        duration_seconds -> Nullable<Int4>,
        bodyweight_kg -> Nullable<Numeric>,
        rating -> Nullable<Int2>,
        notes -> Nullable<Text>,
        summary -> Nullable<Jsonb>,
        source -> Text,
        source_key -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Uuid,
        key -> Text,
        payload_hash -> Bytea,
        response -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        user_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    migration_adopted (user_id) {
        user_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    migration_audit (seq) {
        seq -> Int8,
        at -> Timestamptz,
        actor -> Text,
        action -> Text,
        from_phase -> Text,
        to_phase -> Text,
        epoch -> Int8,
        details -> Jsonb,
        previous_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    migration_certificates (id) {
        id -> Int8,
        epoch -> Int8,
        digests -> Jsonb,
        made_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    migration_checkpoints (job) {
        job -> Text,
        state -> Text,
        place -> Nullable<Text>,
        progress -> Jsonb,
        term -> Int8,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    migration_control (id) {
        id -> Int2,
        phase -> Text,
        epoch -> Int8,
        read_source -> Text,
        fence_from -> Nullable<Text>,
        fence_deadline -> Nullable<Timestamptz>,
        since -> Timestamptz,
        audit_seq -> Int8,
        audit_hash -> Bytea,
    }
}

diesel::table! {
    migration_leases (name) {
        name -> Text,
        holder -> Uuid,
        term -> Int8,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    migration_mappings (user_id, entity, id) {
        entity -> Text,
        user_id -> Uuid,
        id -> Uuid,
        file -> Text,
        source_key -> Text,
    }
}

diesel::table! {
    migration_quarantine (id) {
        id -> Int8,
        file -> Text,
        position -> Int8,
        line -> Int4,
        column -> Int4,
        bytes -> Bytea,
        reason -> Text,
        occurrence -> Int4,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    mirror_places (user_id) {
        user_id -> Uuid,
        seq -> Int8,
    }
}

diesel::table! {
    mirror_repairs (user_id, entity, id) {
        entity -> Text,
        user_id -> Uuid,
        id -> Uuid,
        reason -> Text,
        tries -> Int4,
        since -> Timestamptz,
        due_at -> Timestamptz,
        foreign_edit -> Bool,
    }
}

diesel::table! {
    parity_digests (side, entity, bucket) {
        side -> Text,
        entity -> Text,
        bucket -> Int2,
        records -> Int8,
        lane_0 -> Numeric,
        lane_1 -> Numeric,
        lane_2 -> Numeric,
        lane_3 -> Numeric,
    }
}

diesel::table! {
    parity_findings (id) {
        id -> Int8,
        seen_at -> Timestamptz,
        found_by -> Text,
        entity -> Text,
        user_id -> Uuid,
        record -> Uuid,
        kind -> Text,
        fields -> Array<Text>,
    }
}

diesel::table! {
    parity_leaves (side, entity, user_id, id) {
        side -> Text,
        entity -> Text,
        user_id -> Uuid,
        id -> Uuid,
        bucket -> Int2,
        hash -> Bytea,
    }
}

diesel::table! {
    parity_read (entity, user_id, id) {
        entity -> Text,
        user_id -> Uuid,
        id -> Uuid,
        hash -> Bytea,
    }
}

diesel::table! {
    sessions (user_id, id) {
        user_id -> Uuid,
        id -> Uuid,
        family_id -> Uuid,
        token_hash -> Bytea,
        user_agent -> Nullable<Text>,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sets (user_id, id) {
        user_id -> Uuid,
        id -> Uuid,
        workout_id -> Uuid,
        workout_exercise_id -> Uuid,
        order_index -> Int4,
        set_type -> Text,
        side -> Text,
        reps -> Nullable<Int4>,
        weight -> Nullable<Numeric>,
        weight_unit -> Text,
        weight_kg -> Nullable<Numeric>,
        rpe -> Nullable<Numeric>,
        duration_seconds -> Nullable<Int4>,
        distance_m -> Nullable<Numeric>,
        rest_seconds -> Nullable<Int4>,
        is_completed -> Bool,
        notes -> Nullable<Text>,
        performed_at -> Timestamptz,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    tasks (user_id, id) {
        user_id -> Uuid,
        id -> Uuid,
        parent_id -> Nullable<Uuid>,
        title -> Text,
        description -> Nullable<Text>,
        completed -> Bool,
        completed_at -> Nullable<Timestamptz>,
        priority -> Int2,
        tags -> Array<Text>,
        due_date -> Nullable<Date>,
        due_at -> Nullable<Timestamptz>,
        due_timezone -> Nullable<Text>,
        recurrence -> Nullable<Text>,
        recurrence_basis -> Text,
        series_id -> Nullable<Uuid>,
        position -> Text,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    user_settings (user_id) {
        user_id -> Uuid,
        units -> Text,
        timezone -> Text,
        week_start -> Int2,
        preferences -> Jsonb,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        display_name -> Text,
        password_hash -> Nullable<Text>,
        role -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    workout_exercises (user_id, id) {
        user_id -> Uuid,
        id -> Uuid,
        workout_id -> Uuid,
        exercise_id -> Uuid,
        order_index -> Int4,
        superset_group -> Nullable<Int2>,
        target_sets -> Nullable<Int2>,
        target_reps -> Nullable<Int2>,
        target_reps_max -> Nullable<Int2>,
        target_weight -> Nullable<Numeric>,
        target_weight_unit -> Text,
        target_rpe -> Nullable<Numeric>,
        rest_seconds -> Nullable<Int4>,
        notes -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    workouts (user_id, id) {
        user_id -> Uuid,
        id -> Uuid,
        name -> Text,
        notes -> Nullable<Text>,
        is_template -> Bool,
        template_id -> Nullable<Uuid>,
        status -> Text,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        source -> Text,
        source_key -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(exercises -> users (owner_id));
diesel::joinable!(history -> users (user_id));
diesel::joinable!(identities -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(tasks -> users (user_id));
diesel::joinable!(user_settings -> users (user_id));
diesel::joinable!(workout_exercises -> exercises (exercise_id));
diesel::joinable!(workout_exercises -> users (user_id));
diesel::joinable!(workouts -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    change_heads,
    changes,
    exercises,
    history,
    idempotency_keys,
    identities,
    migration_adopted,
    migration_audit,
    migration_certificates,
    migration_checkpoints,
    migration_control,
    migration_leases,
    migration_mappings,
    migration_quarantine,
    mirror_places,
    mirror_repairs,
    parity_digests,
    parity_findings,
    parity_leaves,
    parity_read,
    sessions,
    sets,
    tasks,
    user_settings,
    users,
    workout_exercises,
    workouts,
);
