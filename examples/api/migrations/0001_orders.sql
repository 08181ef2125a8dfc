-- Up Migration
-- Each statement holds on a database where the releases before node-pg-migrate have made the same already: they are adopted as they are.
create table if not exists orders (
  id uuid primary key,
  item text not null,
  quantity integer not null check (quantity > 0),
  created_at timestamptz not null default now()
);
create index if not exists orders_by_time on orders (created_at desc, id);

-- Those releases look here for what was done, and begin anew where they find nothing. It can go when none of them runs or may come back.
create table if not exists migrations (
  number integer primary key,
  applied_at timestamptz not null default now()
);
insert into migrations (number) values (0) on conflict do nothing;

-- Down Migration
drop table orders;
drop table migrations;
