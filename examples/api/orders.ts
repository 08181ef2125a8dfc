import { randomUUID } from "node:crypto";

export interface NewOrder {
  readonly item: string;
  readonly quantity: number;
}

export interface Order extends NewOrder {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** The part of a database pool that orders need. */
export interface Database {
  query(sql: string, values: readonly unknown[]): Promise<{ rows: OrderRow[] }>;
}

/** The part of a Redis client that orders need. */
export interface Cache {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: "EX", seconds: number): Promise<unknown>;
}

export interface OrderRow {
  readonly id: string;
  readonly item: string;
  readonly quantity: number;
  readonly created_at: Date;
}

/** Where an answer came from; `off`: the cache did not answer, so the database did. */
export type CacheState = "hit" | "miss" | "off";

export interface Orders {
  /** Newest first. */
  list(limit: number): Promise<Order[]>;
  add(order: NewOrder): Promise<Order>;
  get(id: string): Promise<{ order: Order | undefined; cache: CacheState }>;
}

const COLUMNS = "id, item, quantity, created_at";

const fromRow = (row: OrderRow): Order => ({
  id: row.id,
  item: row.item,
  quantity: row.quantity,
  createdAt: row.created_at.toISOString(),
});

/** Orders never change, so a cached one is never wrong; a cache that fails only costs time. */
export function createOrders(database: Database, cache: Cache, cacheSeconds: number): Orders {
  const keep = (order: Order) => cache.set(`order:${order.id}`, JSON.stringify(order), "EX", cacheSeconds).catch(() => undefined);

  return {
    async list(limit) {
      const { rows } = await database.query(`select ${COLUMNS} from orders order by created_at desc, id limit $1`, [limit]);
      return rows.map(fromRow);
    },

    async add({ item, quantity }) {
      const { rows } = await database.query(`insert into orders (id, item, quantity) values ($1, $2, $3) returning ${COLUMNS}`, [
        randomUUID(),
        item,
        quantity,
      ]);
      const [row] = rows;
      if (!row) throw new Error("the database stored an order and did not return it");
      return fromRow(row);
    },

    async get(id) {
      let state: CacheState = "miss";
      const cached = await cache.get(`order:${id}`).catch(() => {
        state = "off";
        return null;
      });
      if (cached) return { order: JSON.parse(cached) as Order, cache: "hit" };

      const { rows } = await database.query(`select ${COLUMNS} from orders where id = $1`, [id]);
      const [row] = rows;
      if (!row) return { order: undefined, cache: state };
      const order = fromRow(row);
      if (state === "miss") await keep(order);
      return { order, cache: state };
    },
  };
}
