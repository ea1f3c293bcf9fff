-- Who may see what, imports, what they overwrote, and who did what to them.
--
-- Whoever runs this owns everything; the two roles that the functions log in with own nothing. Row security is forced on
-- every table and keyed on app.user_id, which each transaction sets for itself. Foreign keys and unique indexes look past
-- row security, so each carries org_id or account_id: nobody can point at, or probe for, another org's rows.

-- Roles belong to the whole server, so another database of it may have made them already, or be making them right now.
do $$
declare
  known text;
begin
  foreach known in array array['takeback_app', 'takeback_expiry', 'takeback_operator'] loop
    begin
      execute format('create role %I', known);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  alter role takeback_app login;
  alter role takeback_expiry login;
  if exists (select from pg_roles where rolname like 'takeback\_%' and (rolsuper or rolbypassrls)) then
    raise exception 'a takeback_ role may pass row security: take SUPERUSER and BYPASSRLS from it';
  end if;
  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to takeback_app, takeback_expiry;
  end if;
end $$;

do $$
begin
  execute format('grant connect, temporary on database %I to takeback_app', current_database());
  execute format('grant connect on database %I to takeback_expiry', current_database());
end $$;
grant usage on schema public to takeback_app, takeback_expiry, takeback_operator;

-- The owner may end a stuck connection of takeback_app (see end_stuck_backends) and add orgs as takeback_operator.
grant takeback_app, takeback_operator to current_user;

create table orgs (
  org_id uuid primary key,
  name text not null check (name <> ''),
  created_at timestamptz not null default now()
);

create table accounts (
  account_id uuid primary key,
  org_id uuid not null references orgs,
  name text not null check (name <> ''),
  created_at timestamptz not null default now(),
  unique (account_id, org_id)
);
create index on accounts (org_id);

create table memberships (
  user_id text not null check (user_id <> ''),
  org_id uuid not null references orgs,
  role text not null check (role in ('owner', 'member', 'viewer')),
  status text not null default 'active' check (status in ('active', 'suspended')),
  created_at timestamptz not null default now(),
  primary key (user_id, org_id)
);

create table import_batches (
  batch_id uuid not null,
  org_id uuid not null,
  account_id uuid not null,
  record_type text not null,
  created_by text not null,
  filename text not null,
  format text not null check (format in ('csv', 'json', 'excel')),
  sha256 text not null,
  revision text not null,
  on_existing text not null check (on_existing in ('reject', 'skip', 'update')),
  status text not null check (status in ('committing', 'committed', 'rolling_back', 'rolled_back', 'failed')),
  row_count bigint not null check (row_count >= 0),
  inserted bigint not null default 0,
  updated bigint not null default 0,
  skipped bigint not null default 0,
  column_mapping jsonb not null,
  options jsonb not null,
  totals jsonb not null default '{}',
  warnings jsonb not null default '[]',
  problem jsonb,
  created_at timestamptz not null default clock_timestamp(),
  committed_at timestamptz,
  rollback_until timestamptz,
  rollback_closed_at timestamptz,
  rollback_closed_by text, -- who gave the undo up; null when its time ran out
  rolled_back_at timestamptz,
  rolled_back_by text,
  deleted bigint not null default 0,
  restored bigint not null default 0,
  kept bigint not null default 0,
  kept_record_ids jsonb not null default '[]', -- the first 100
  job jsonb, -- the request that a long commit or rollback is carried out from; its id makes week-old events harmless
  job_at timestamptz,
  primary key (batch_id, org_id),
  unique (batch_id, account_id, org_id),
  foreign key (account_id, org_id) references accounts (account_id, org_id),
  check (status not in ('committed', 'rolling_back', 'rolled_back') or (committed_at is not null and rollback_until is not null)),
  check (status not in ('committed', 'rolling_back', 'rolled_back') or inserted + updated + skipped = row_count),
  check ((status = 'rolled_back') = (rolled_back_at is not null)),
  check ((status in ('committing', 'rolling_back')) = (job is not null))
);
create index on import_batches (org_id, created_at desc, batch_id desc);
create index on import_batches (account_id, created_at desc, batch_id desc);
create index on import_batches (org_id, sha256);
create index on import_batches (rollback_until) where status = 'committed' and rollback_closed_at is null;
create index on import_batches (job_at) where job is not null;

-- One row per record that an import met and took over. `before` and `imported` hold the columns that it changed, `{}` when
-- the record held those values already: then it was not touched, and there is nothing to undo.
create table import_changes (
  batch_id uuid not null,
  account_id uuid not null,
  org_id uuid not null,
  record_id uuid not null,
  before jsonb not null,
  imported jsonb not null,
  before_version bigint not null,
  before_updated_at timestamptz not null,
  written_version bigint not null,
  written_at timestamptz not null,
  kept boolean not null default false, -- the undo left this record alone
  primary key (batch_id, account_id, record_id),
  foreign key (batch_id, account_id, org_id) references import_batches (batch_id, account_id, org_id)
);

-- The trail. No foreign key to the batch: an attempt that was refused is told of too, and may be all there is.
create table import_events (
  event_id bigint generated always as identity,
  org_id uuid not null,
  account_id uuid not null,
  batch_id uuid not null,
  happened_at timestamptz not null default clock_timestamp(),
  actor text, -- null: the schedule
  action text not null check (action in (
    'created', 'commit_accepted', 'committed', 'commit_refused', 'commit_failed',
    'rollback_accepted', 'rolled_back', 'rollback_refused', 'rollback_failed', 'rollback_disabled', 'rollback_expired')),
  details jsonb not null default '{}',
  primary key (org_id, event_id),
  foreign key (account_id, org_id) references accounts (account_id, org_id)
);
create index on import_events (batch_id, org_id, event_id);

-- Row security. Each policy asks for the caller's orgs in a sub-select, so that they are looked up once a statement.

create function my_orgs() returns uuid[] language sql stable as $$
  select array(
    select org_id from memberships
    where user_id = nullif(current_setting('app.user_id', true), '') and status = 'active')
$$;

create function my_writable_orgs() returns uuid[] language sql stable as $$
  select array(
    select org_id from memberships
    where user_id = nullif(current_setting('app.user_id', true), '') and status = 'active' and role in ('owner', 'member'))
$$;

do $$
declare
  secured text;
begin
  foreach secured in array array['orgs', 'accounts', 'memberships', 'import_batches', 'import_changes', 'import_events'] loop
    execute format('alter table %I enable row level security, force row level security', secured);
  end loop;
  foreach secured in array array['orgs', 'accounts', 'import_batches', 'import_changes', 'import_events'] loop
    execute format('create policy seen on %I for select to takeback_app using (org_id = any ((select my_orgs())::uuid[]))', secured);
  end loop;
  foreach secured in array array['import_batches', 'import_changes', 'import_events'] loop
    execute format(
      'create policy added on %I for insert to takeback_app with check (org_id = any ((select my_writable_orgs())::uuid[]))', secured);
  end loop;
  foreach secured in array array['import_batches', 'import_changes'] loop
    execute format(
      'create policy changed on %I for update to takeback_app using (org_id = any ((select my_writable_orgs())::uuid[]))', secured);
  end loop;
end $$;

create policy own on memberships for select to takeback_app using (user_id = (select nullif(current_setting('app.user_id', true), '')));

grant select on orgs, accounts, memberships to takeback_app;
grant select, insert, update on import_batches, import_changes to takeback_app;
grant select, insert on import_events to takeback_app;

-- The schedule sees all batches, and may only close an undo or give up a lost job.
create policy scheduled on import_batches for select to takeback_expiry using (true);
create policy tidied on import_batches for update to takeback_expiry using (true);
create policy told on import_events for insert to takeback_expiry with check (actor is null);
grant select on import_batches to takeback_expiry;
grant update (status, problem, job, job_at, rollback_closed_at) on import_batches to takeback_expiry;
grant insert on import_events to takeback_expiry;

-- Operators add orgs, accounts and people: select add_org('Acme'), and so on. The functions lend them the one role that may.
create policy operated on orgs to takeback_operator using (true) with check (true);
create policy operated on accounts to takeback_operator using (true) with check (true);
create policy operated on memberships to takeback_operator using (true) with check (true);
grant select, insert, update on orgs, accounts, memberships to takeback_operator;

create function add_org(name text, org_id uuid default gen_random_uuid()) returns uuid
language sql set role to takeback_operator as $$
  insert into orgs (org_id, name) values (add_org.org_id, add_org.name)
  on conflict (org_id) do update set name = excluded.name
  returning orgs.org_id
$$;

create function add_account(org_id uuid, name text, account_id uuid default gen_random_uuid()) returns uuid
language sql set role to takeback_operator as $$
  insert into accounts (account_id, org_id, name) values (add_account.account_id, add_account.org_id, add_account.name)
  on conflict on constraint accounts_account_id_org_id_key do update set name = excluded.name
  returning accounts.account_id
$$;

-- Changing a role, or ending a membership with status 'suspended', is the same call again.
create function add_member(user_id text, org_id uuid, role text, status text default 'active') returns void
language sql set role to takeback_operator as $$
  insert into memberships (user_id, org_id, role, status)
  values (add_member.user_id, add_member.org_id, add_member.role, add_member.status)
  on conflict on constraint memberships_pkey do update set role = excluded.role, status = excluded.status
$$;

-- Advisory locks: 'batch' and 'account' order writers, 'job' is shared by whoever is at work on a batch and shows that he lives.
create function import_lock(kind text, id uuid) returns bigint language sql immutable as $$
  select hashtextextended(kind || ' ' || id::text, 0)
$$;

-- The schedule's three duties, each safe to call late, twice, or never: the checks under lock in commit and rollback decide.

create function disable_old_import_rollbacks() returns integer language sql as $$
  with due as (
    select batch_id, org_id from import_batches
    where status = 'committed' and rollback_closed_at is null and rollback_until <= clock_timestamp()
    for update skip locked
  ), closed as (
    update import_batches b set rollback_closed_at = clock_timestamp()
    from due where b.batch_id = due.batch_id and b.org_id = due.org_id
    returning b.batch_id, b.account_id, b.org_id
  ), noted as (
    insert into import_events (org_id, account_id, batch_id, action) select org_id, account_id, batch_id, 'rollback_expired' from closed
  )
  select count(*)::integer from closed
$$;

-- A job is lost when nobody holds its lock though it was accepted long ago: Lambda's three attempts take 48 minutes at most.
-- Its event may still come, and is then ignored. Nobody need wait for this: asking again starts an idle job at once.
create function free_lost_imports(patience interval default '1 hour') returns integer language plpgsql as $$
declare
  lost record;
  freed integer := 0;
begin
  for lost in
    select batch_id, account_id, org_id, status from import_batches
    where job is not null and job_at < clock_timestamp() - patience
    for update skip locked
  loop
    continue when not pg_try_advisory_xact_lock(import_lock('job', lost.batch_id));
    update import_batches set
      status = case lost.status when 'committing' then 'failed' else 'committed' end,
      job = null,
      job_at = null,
      problem = jsonb_build_object('code', 'job_lost', 'detail', 'This was started and never finished. Nothing was changed; try again.')
    where batch_id = lost.batch_id and org_id = lost.org_id;
    insert into import_events (org_id, account_id, batch_id, action, details) values (
      lost.org_id, lost.account_id, lost.batch_id,
      case lost.status when 'committing' then 'commit_failed' else 'rollback_failed' end, '{"code": "job_lost"}');
    freed := freed + 1;
  end loop;
  return freed;
end $$;

-- A Lambda lives 15 minutes at most. A transaction older than that belongs to one that was killed or frozen, perhaps in
-- the middle of COPY, where no timeout of the server reaches it.
create function end_stuck_backends(longest interval default '16 minutes') returns integer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select count(pg_terminate_backend(pid))::integer from pg_stat_activity
  where usename = 'takeback_app' and datname = current_database() and xact_start < clock_timestamp() - longest
$$;

revoke execute on function
  add_org, add_account, add_member, disable_old_import_rollbacks, free_lost_imports, end_stuck_backends from public;
grant execute on function disable_old_import_rollbacks, free_lost_imports, end_stuck_backends to takeback_expiry;

-- Kept for every writer of a record table. An undo sets both itself (see the trigger's condition).
-- `as_imported` keeps what the import wrote when a row that it created is first changed, so that an undo can say what is lost.
create function keep_version() returns trigger language plpgsql as $$
begin
  new.row_version := old.row_version + 1;
  new.updated_at := clock_timestamp();
  if old.row_version = 1 and old.import_batch_id is not null then
    new.as_imported := to_jsonb(old) - array[
      'record_id', 'account_id', 'org_id', 'import_batch_id', 'order_line', 'created_at', 'updated_at', 'deleted_at', 'row_version',
      'as_imported'];
  end if;
  return new;
end $$;

-- What every record table has besides its columns. `identity` is the column that tells the rows of one account apart.
create procedure add_record_table(records regclass, identity name) language plpgsql as $$
begin
  execute format('create unique index on %s (account_id, %I, order_line) where deleted_at is null', records, identity);
  execute format('create index on %s (import_batch_id, record_id)', records);
  -- One key for both: two would cost half of the speed of a load. Rows without a batch are checked by the policies.
  execute format(
    'alter table %s add foreign key (import_batch_id, account_id, org_id) references import_batches (batch_id, account_id, org_id)', records);
  execute format(
    $trigger$
      create trigger keep_version before update on %s for each row
      when (coalesce(current_setting('takeback.undo', true), '') <> 'on') execute function keep_version()
    $trigger$, records);
  execute format('alter table %s enable row level security, force row level security', records);
  execute format('create policy seen on %s for select to takeback_app using (org_id = any ((select my_orgs())::uuid[]))', records);
  execute format(
    $policy$
      create policy added on %1$s for insert to takeback_app with check (
        org_id = any ((select my_writable_orgs())::uuid[])
        and (import_batch_id is not null
             or exists (select from accounts a where a.account_id = %1$s.account_id and a.org_id = %1$s.org_id)))
    $policy$, records);
  execute format(
    $policy$
      create policy changed on %1$s for update to takeback_app
      using (org_id = any ((select my_writable_orgs())::uuid[]))
      with check (
        org_id = any ((select my_writable_orgs())::uuid[])
        and (import_batch_id is not null
             or exists (select from accounts a where a.account_id = %1$s.account_id and a.org_id = %1$s.org_id)))
    $policy$, records);
  execute format('grant select, insert, update on %s to takeback_app', records);
end $$;
revoke execute on procedure add_record_table from public;
