export function listen() {}
export function openAdd() {}
