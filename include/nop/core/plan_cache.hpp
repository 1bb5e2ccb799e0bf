// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/host_memory.hpp>

#include <map>
#include <memory>
#include <mutex>

namespace nop {

/// Makes each value once per key and keeps it; safe to ask from many threads at once.
template <class Key, class Value>
class PlanCache {
 public:
  static std::shared_ptr<const Value> get(const Key& key) {
    // Never destroyed, so that it is there for whatever runs at exit.
    static PlanCache& cache = *new PlanCache;
    const std::scoped_lock lock(cache.mutex_);
    auto& entry = cache.entries_[key];
    if (!entry) {
      const HostMemory::Kept kept;
      entry = std::make_shared<const Value>(key);
    }
    return entry;
  }

 private:
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const Value>> entries_;
};

}  // namespace nop
