-- A database user for each function that answers people, with what that one needs: Commit adds rows and changes them,
-- Rollback changes them and adds none, Batches only looks. takeback_app is the user of the code before this, which still
-- runs while this is applied. No code after it may log in as takeback_app; it can be taken away two releases later.
do $$
declare
  known text;
begin
  foreach known in array array['takeback_commit', 'takeback_rollback', 'takeback_batches'] loop
    begin
      execute format('create role %I', known);
    exception when duplicate_object or unique_violation then null;
    end;
    execute format('alter role %I login', known);
    if exists (select from pg_roles where rolname = 'rds_iam') then
      execute format('grant rds_iam to %I', known);
    end if;
    execute format('grant connect on database %I to %I', current_database(), known);
  end loop;
  execute format('grant temporary on database %I to takeback_commit, takeback_rollback', current_database());
  if exists (select from pg_roles where rolname like 'takeback\_%' and (rolsuper or rolbypassrls)) then
    raise exception 'a takeback_ role may pass row security: take SUPERUSER and BYPASSRLS from it';
  end if;
end $$;
grant usage on schema public to takeback_commit, takeback_rollback, takeback_batches;

-- The owner may look how far their work is (see import_progress) and end their stuck connections (see end_stuck_backends).
grant takeback_commit, takeback_rollback, takeback_batches to current_user;

do $$
declare
  secured text;
begin
  alter policy own on memberships to takeback_app, takeback_commit, takeback_rollback, takeback_batches;
  foreach secured in array array['orgs', 'accounts', 'import_batches', 'import_changes', 'import_events'] loop
    execute format('alter policy seen on %I to takeback_app, takeback_commit, takeback_rollback, takeback_batches', secured);
  end loop;
end $$;
alter policy added on import_batches to takeback_app, takeback_commit;
alter policy added on import_changes to takeback_app, takeback_commit;
alter policy added on import_events to takeback_app, takeback_commit, takeback_rollback;
alter policy changed on import_batches to takeback_app, takeback_commit, takeback_rollback;
alter policy changed on import_changes to takeback_app, takeback_rollback;

grant select on orgs, accounts, memberships, import_batches, import_changes, import_events
  to takeback_commit, takeback_rollback, takeback_batches;
grant insert on import_events to takeback_commit, takeback_rollback;
grant insert, update on import_batches to takeback_commit;
grant insert on import_changes to takeback_commit;
grant update (status, problem, job, job_at, rollback_closed_at, rollback_closed_by, rolled_back_at, rolled_back_by, deleted, restored,
  kept, kept_record_ids) on import_batches to takeback_rollback;
grant update (kept) on import_changes to takeback_rollback;

-- Who may do what with a record table.
create procedure let_functions_use(records regclass) language plpgsql as $$
begin
  execute format('alter policy seen on %s to takeback_app, takeback_commit, takeback_rollback, takeback_batches', records);
  execute format('alter policy added on %s to takeback_app, takeback_commit', records);
  execute format('alter policy changed on %s to takeback_app, takeback_commit, takeback_rollback', records);
  execute format('grant select on %s to takeback_commit, takeback_rollback, takeback_batches', records);
  execute format('grant insert on %s to takeback_commit', records);
  execute format('grant update on %s to takeback_commit, takeback_rollback', records);
end $$;
revoke execute on procedure let_functions_use from public;

-- What every record table has besides its columns. `identity` is the column that tells the rows of one account apart.
create or replace procedure add_record_table(records regclass, identity name) language plpgsql as $$
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
  execute format('create policy seen on %s for select to takeback_commit using (org_id = any ((select my_orgs())::uuid[]))', records);
  execute format(
    $policy$
      create policy added on %1$s for insert to takeback_commit with check (
        org_id = any ((select my_writable_orgs())::uuid[])
        and (import_batch_id is not null
             or exists (select from accounts a where a.account_id = %1$s.account_id and a.org_id = %1$s.org_id)))
    $policy$, records);
  execute format(
    $policy$
      create policy changed on %1$s for update to takeback_commit
      using (org_id = any ((select my_writable_orgs())::uuid[]))
      with check (
        org_id = any ((select my_writable_orgs())::uuid[])
        and (import_batch_id is not null
             or exists (select from accounts a where a.account_id = %1$s.account_id and a.org_id = %1$s.org_id)))
    $policy$, records);
  call let_functions_use(records);
end $$;

-- Those that are there already.
do $$
declare
  records regclass;
begin
  for records in select tgrelid from pg_trigger where tgname = 'keep_version' loop
    call let_functions_use(records);
  end loop;
end $$;

-- How far somebody's work on a batch is, which only he and the owner may ask of the server: his advisory lock says which
-- connection it is, the server itself how many rows that has loaded. No row where nobody is at work.
create function import_progress(batch_id uuid) returns table (phase text, rows bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select substring(application_name from 'takeback (.*)'), coalesce(tuples_processed, 0)
  from pg_locks join pg_stat_activity using (pid) left join pg_stat_progress_copy using (pid)
  where locktype = 'advisory' and granted and objsubid = 1
    and (classid::bigint << 32 | objid::bigint) = import_lock('job', batch_id)
  order by 2 desc limit 1
$$;
revoke execute on function import_progress from public;
grant execute on function import_progress to takeback_app, takeback_commit, takeback_rollback, takeback_batches;

create or replace function end_stuck_backends(longest interval default '16 minutes') returns integer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select count(pg_terminate_backend(pid))::integer from pg_stat_activity
  where usename in ('takeback_app', 'takeback_commit', 'takeback_rollback', 'takeback_batches')
    and datname = current_database() and xact_start < clock_timestamp() - longest
$$;
