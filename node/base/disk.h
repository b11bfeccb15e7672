#pragma once

#include <cstdint>
#include <optional>
#include <string>

// The file system that holds a path.
namespace enlace {

// What a user without privileges may still take of it. More may be free: what ext4 keeps for root
// is of no use to a node, and no figure that an alarm can stand on. Nothing, with the cause in
// errno, when the system does not say.
std::optional<uint64_t> AvailableBytes(const std::string& path);

}  // namespace enlace
