-- Sales of a reseller. The columns from ebay_order_id to status are those of records/bookkeeping.py, in its order.
create table bookkeeping_records (
  record_id uuid not null default gen_random_uuid(),
  account_id uuid not null,
  org_id uuid not null,
  import_batch_id uuid, -- the import that created the row; null when somebody else did
  order_line bigint not null default 1 check (order_line >= 1), -- the n-th row of its order within the file
  ebay_order_id text not null,
  sale_date date not null,
  item_name text not null,
  qty bigint not null default 1 check (qty >= 1),
  sale_price_cents bigint not null check (sale_price_cents >= 0),
  ebay_fees_cents bigint check (ebay_fees_cents >= 0),
  amazon_price_cents bigint check (amazon_price_cents >= 0),
  amazon_tax_cents bigint check (amazon_tax_cents >= 0),
  amazon_shipping_cents bigint check (amazon_shipping_cents >= 0),
  amazon_order_id text,
  order_remark text,
  status text not null default 'SUCCESSFUL'
    check (status in ('SUCCESSFUL', 'RETURN_LABEL_PROVIDED', 'RETURN_CLOSED', 'REFUND_NO_RETURN')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  row_version bigint not null default 1,
  as_imported jsonb,
  primary key (account_id, record_id)
);
call add_record_table('bookkeeping_records', 'ebay_order_id');
